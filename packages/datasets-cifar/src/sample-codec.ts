import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import { fromDifferences, toDifferences } from '@overparam/dataset-files';
import { imageBytes, imageSide, planeBytes } from './spec';

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

/** CIFAR-100's record: two label bytes, then the planes. */
const labelBytes = 2;
const record = labelBytes + imageBytes;
// Own copy: a transformed import can be a getter, which would cost a call for each pixel.
const pixels = planeBytes;

/**
 * Turns records into bytes that compress well, without loss: first the labels of all records; then for all of
 * them the green planes, red minus green, blue minus green (neighbouring colours move together), each pixel
 * as its difference, modulo 256, to a prediction from the pixels before it.
 */
export function encodeRecords(records: Uint8Array): Uint8Array {
  const count = records.length / record;
  const coded = new Uint8Array(records.length);
  for (let i = 0; i < count; i++) {
    coded.set(records.subarray(i * record, i * record + labelBytes), i * labelBytes);
    const planes = separate(records.subarray(i * record + labelBytes, (i + 1) * record));
    for (const [channel, plane] of planes.entries()) {
      const at = planeStart(count, channel, i);
      coded.set(toDifferences(plane, imageSide), at);
    }
  }
  return coded;
}

/** The inverse of {@link encodeRecords}. */
export function decodeRecords(coded: Uint8Array): Uint8Array {
  const count = coded.length / record;
  const records = new Uint8Array(coded.length);
  for (let i = 0; i < count; i++) {
    records.set(coded.subarray(i * labelBytes, (i + 1) * labelBytes), i * record);
    const planes = [0, 1, 2].map((channel) => {
      const at = planeStart(count, channel, i);
      return fromDifferences(coded.subarray(at, at + pixels), imageSide);
    });
    const [green, red, blue] = planes as [Uint8Array, Uint8Array, Uint8Array];
    const at = i * record + labelBytes;
    for (let k = 0; k < pixels; k++) {
      records[at + k] = red[k]! + green[k]!;
      records[at + pixels + k] = green[k]!;
      records[at + 2 * pixels + k] = blue[k]! + green[k]!;
    }
  }
  return records;
}

/** Green, red minus green, blue minus green, modulo 256. */
function separate(image: Uint8Array): [Uint8Array, Uint8Array, Uint8Array] {
  const green = image.slice(pixels, 2 * pixels);
  const red = image.slice(0, pixels).map((value, k) => value - green[k]!);
  const blue = image.slice(2 * pixels).map((value, k) => value - green[k]!);
  return [green, red, blue];
}

function planeStart(count: number, channel: number, index: number): number {
  return count * labelBytes + (channel * count + index) * pixels;
}

/**
 * Packs records for the package.
 *
 * @param quality  brotli's, 0 to 11; decides only the size and the time it takes
 */
export async function packSample(records: Uint8Array, quality = 11): Promise<Uint8Array> {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: quality,
    [constants.BROTLI_PARAM_LGWIN]: 24,
    [constants.BROTLI_PARAM_SIZE_HINT]: records.length,
  };
  return compress(encodeRecords(records), { params });
}

/** The inverse of {@link packSample}; `limit` bounds the bytes that may come out. */
export async function unpackSample(packed: Uint8Array, limit: number): Promise<Uint8Array> {
  return decodeRecords(await decompress(packed, { maxOutputLength: limit }));
}

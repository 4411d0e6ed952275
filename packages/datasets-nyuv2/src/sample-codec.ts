import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import { fromDifferences, toDifferences } from '@overparam/dataset-files';
import { recordLayout } from './record';
import { sampleFormat } from './sample-spec';

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

const { width, height } = sampleFormat;
const pixels = width * height;
const layout = recordLayout(sampleFormat);

/**
 * Turns records into bytes that compress well, without loss. First how many different depths there are (16 bits), and which, in ascending order;
 * then for all scenes the labels; the number of each pixel's depth among them, low bytes and high bytes; the normals' planes; and the
 * green planes, red minus green, blue minus green. All but the labels are differences to a prediction.
 */
export function encodeScenes(given: Uint8Array): Uint8Array {
  // A Buffer's slice is no copy and may lie at an odd address.
  const records = new Uint8Array(given);
  const count = records.length / layout.bytes;
  const at = (scene: number, part: number) => scene * layout.bytes + part;
  const scenes = Array.from({ length: count }, (_, scene) => ({
    labels: records.slice(at(scene, layout.labelsAt), at(scene, layout.labelsAt) + pixels),
    depth: new Uint16Array(
      records.slice(at(scene, layout.depthAt), at(scene, layout.depthAt) + 2 * pixels).buffer,
    ),
    normals: planesOf(records, at(scene, layout.normalsAt)),
    image: planesOf(records, at(scene, layout.imageAt)),
  }));
  const depths = Uint16Array.from(new Set(scenes.flatMap(({ depth }) => [...depth]))).sort();
  const rank = new Uint16Array(65536);
  for (const [index, word] of depths.entries()) rank[word] = index;
  const ranks = scenes.map(({ depth }) =>
    toDifferences(
      depth.map((word) => rank[word]!),
      width,
    ),
  );
  const coded = (planes: readonly Uint8Array[]) => planes.map((plane) => toDifferences(plane, width));
  return Buffer.concat([
    bytesOf(Uint16Array.of(depths.length)),
    bytesOf(depths),
    ...scenes.map(({ labels }) => labels),
    ...ranks.map((words) => Uint8Array.from(words, (word) => word & 255)),
    ...ranks.map((words) => Uint8Array.from(words, (word) => word >> 8)),
    ...[0, 1, 2].flatMap((axis) => coded(scenes.map(({ normals }) => normals[axis]!))),
    ...[0, 1, 2].flatMap((channel) => coded(scenes.map(({ image }) => separate(image)[channel]!))),
  ]);
}

/** The inverse of {@link encodeScenes}. */
export function decodeScenes(coded: Uint8Array, count: number): Uint8Array {
  const bytes = Buffer.from(coded);
  const depths = Array.from({ length: bytes.readUInt16LE(0) }, (_, i) => bytes.readUInt16LE(2 + 2 * i));
  let at = 2 + 2 * depths.length;
  const planes = () =>
    Array.from({ length: count }, () => {
      at += pixels;
      return new Uint8Array(bytes.subarray(at - pixels, at));
    });
  const labels = planes();
  const low = planes();
  const high = planes();
  const restored = () => planes().map((plane) => fromDifferences(plane, width));
  const normals = [restored(), restored(), restored()];
  const [green, red, blue] = [restored(), restored(), restored()] as const;
  const records = new Uint8Array(count * layout.bytes);
  for (let scene = 0; scene < count; scene++) {
    const start = scene * layout.bytes;
    const ranks = fromDifferences(
      Uint16Array.from(low[scene]!, (byte, i) => byte | (high[scene]![i]! << 8)),
      width,
    );
    records.set(labels[scene]!, start + layout.labelsAt);
    records.set(bytesOf(ranks.map((rank) => depths[rank]!)), start + layout.depthAt);
    interleave(
      normals.map((axis) => axis[scene]!),
      records,
      start + layout.normalsAt,
    );
    const green1 = green[scene]!;
    const plus = (plane: Uint8Array) => plane.map((value, k) => value + green1[k]!);
    interleave([plus(red[scene]!), green1, plus(blue[scene]!)], records, start + layout.imageAt);
  }
  return records;
}

/** Packs records for the package; `quality` is brotli's, 0 to 11. */
export async function packSample(records: Uint8Array, quality = 11): Promise<Uint8Array> {
  const params = { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_LGWIN]: 24 };
  return compress(encodeScenes(records), { params });
}

/** The inverse of {@link packSample}: records of `count` scenes. */
export async function unpackSample(packed: Uint8Array, count: number): Promise<Uint8Array> {
  // Each scene's bytes without its filling, and a table of at most all depths there can be.
  const limit = count * pixels * 9 + 2 * 65537;
  return decodeScenes(await decompress(packed, { maxOutputLength: limit }), count);
}

function bytesOf(words: Uint16Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

/** Three planes of interleaved values. */
function planesOf(records: Uint8Array, at: number): [Uint8Array, Uint8Array, Uint8Array] {
  const plane = (channel: number) =>
    Uint8Array.from({ length: pixels }, (_, i) => records[at + 3 * i + channel]!);
  return [plane(0), plane(1), plane(2)];
}

function interleave(planes: readonly Uint8Array[], target: Uint8Array, at: number): void {
  for (const [channel, plane] of planes.entries()) {
    for (let i = 0; i < pixels; i++) target[at + 3 * i + channel] = plane[i]!;
  }
}

/** Green, red minus green, blue minus green, modulo 256: neighbouring colours move together. */
function separate([red, green, blue]: readonly [Uint8Array, Uint8Array, Uint8Array]) {
  return [
    green,
    red.map((value, k) => value - green[k]!),
    blue.map((value, k) => value - green[k]!),
  ] as const;
}

import { inflateSync } from 'node:zlib';
import { OverparamError } from '@overparam/errors';

/** No element of the files this is for comes near this. */
const mostBytes = 2 ** 24;

const compressed = 15;
const matrix = 14;

/** Readers of the storage types of numbers: bytes, and how one is read. */
const numberTypes: Readonly<Record<number, readonly [number, (view: DataView, at: number) => number]>> = {
  1: [1, (view, at) => view.getInt8(at)],
  2: [1, (view, at) => view.getUint8(at)],
  3: [2, (view, at) => view.getInt16(at, true)],
  4: [2, (view, at) => view.getUint16(at, true)],
  5: [4, (view, at) => view.getInt32(at, true)],
  6: [4, (view, at) => view.getUint32(at, true)],
  7: [4, (view, at) => view.getFloat32(at, true)],
  9: [8, (view, at) => view.getFloat64(at, true)],
};

/**
 * The real numeric arrays of a MATLAB file of version 5 (little-endian), by name, their numbers in column-major order. Cells,
 * structures and texts are passed over.
 *
 * Format: https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf
 *
 * @throws OverparamError `data-format` for anything else
 */
export function readMat5(file: Uint8Array, what: string): ReadonlyMap<string, readonly number[]> {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const fail = (problem: string) => new OverparamError('data-format', `${what}: ${problem}`);
  if (
    bytes.length < 128 ||
    bytes.readUInt16LE(124) !== 0x0100 ||
    bytes.toString('latin1', 126, 128) !== 'IM'
  ) {
    throw fail('is no MATLAB 5 file in little-endian order.');
  }
  const arrays = new Map<string, readonly number[]>();
  for (const element of elements(bytes.subarray(128), fail)) {
    const inner = element.type === compressed ? unpack(element.data, fail) : [element];
    for (const { type, data } of inner) {
      if (type !== matrix) continue;
      const array = readMatrix(data, fail);
      if (array !== null) arrays.set(array.name, array.values);
    }
  }
  return arrays;
}

type Fail = (problem: string) => OverparamError;
interface Element {
  readonly type: number;
  readonly data: Buffer;
}

function unpack(data: Buffer, fail: Fail): Element[] {
  try {
    return elements(inflateSync(data, { maxOutputLength: mostBytes }), fail);
  } catch (cause) {
    throw fail(`a compressed element cannot be unpacked (${(cause as Error).message}).`);
  }
}

/** The data elements one after the other; small ones have their type, size and data in 8 bytes. */
function elements(bytes: Buffer, fail: Fail): Element[] {
  const found: Element[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + 8 > bytes.length) throw fail('ends inside of an element.');
    const word = bytes.readUInt32LE(at);
    const small = word >>> 16 !== 0;
    const type = small ? word & 0xffff : word;
    const size = small ? word >>> 16 : bytes.readUInt32LE(at + 4);
    const start = at + (small ? 4 : 8);
    if (start + size > bytes.length || (small && size > 4))
      throw fail('an element passes the end of the file.');
    found.push({ type, data: bytes.subarray(start, start + size) });
    // Compressed elements are the only ones that are not filled up to a multiple of 8.
    at = small ? at + 8 : start + (type === compressed ? size : Math.ceil(size / 8) * 8);
  }
  return found;
}

function readMatrix(data: Buffer, fail: Fail): { name: string; values: readonly number[] } | null {
  const [flags, dimensions, name, real] = elements(data, fail);
  if (flags?.data.length !== 8 || dimensions === undefined || name === undefined || real === undefined)
    return null;
  const arrayClass = flags.data[0]!;
  const complex = (flags.data[1]! & 8) !== 0;
  // 6 to 15 are full arrays of numbers.
  if (arrayClass < 6 || arrayClass > 15 || complex) return null;
  const type = numberTypes[real.type];
  if (type === undefined) return null;
  const [size, read] = type;
  let count = 1;
  for (let i = 0; i + 4 <= dimensions.data.length; i += 4) count *= dimensions.data.readInt32LE(i);
  if (count * size !== real.data.length) throw fail('an array has another size than its dimensions say.');
  const view = new DataView(real.data.buffer, real.data.byteOffset, real.data.length);
  return {
    name: name.data.toString('latin1'),
    values: Array.from({ length: count }, (_, i) => read(view, i * size)),
  };
}

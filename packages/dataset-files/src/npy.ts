import { OverparamError } from '@overparam/errors';
import { halfTable } from '@overparam/files/half';

/** An array as a file has it: its shape, and its numbers in C order. */
export interface Numbers {
  readonly shape: readonly number[];
  /** Bytes keep their type; other numbers are floats wide enough to hold them. */
  readonly data: Uint8Array | Int8Array | Float32Array | Float64Array;
}

const magic = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]);
/** No array that is read whole comes near this. */
const mostValues = 2 ** 28;

interface Kind {
  readonly bytes: number;
  read(view: DataView, at: number, little: boolean): number;
}

const kinds: Readonly<Record<string, Kind>> = {
  b1: { bytes: 1, read: (view, at) => view.getUint8(at) },
  u1: { bytes: 1, read: (view, at) => view.getUint8(at) },
  i1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  u2: { bytes: 2, read: (view, at, little) => view.getUint16(at, little) },
  i2: { bytes: 2, read: (view, at, little) => view.getInt16(at, little) },
  u4: { bytes: 4, read: (view, at, little) => view.getUint32(at, little) },
  i4: { bytes: 4, read: (view, at, little) => view.getInt32(at, little) },
  u8: { bytes: 8, read: (view, at, little) => Number(view.getBigUint64(at, little)) },
  i8: { bytes: 8, read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  f2: { bytes: 2, read: (view, at, little) => halfTable()[view.getUint16(at, little)]! },
  f4: { bytes: 4, read: (view, at, little) => view.getFloat32(at, little) },
  f8: { bytes: 8, read: (view, at, little) => view.getFloat64(at, little) },
};

interface Header {
  readonly kind: Kind;
  readonly little: boolean;
  readonly name: string;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** Where the numbers begin. */
  readonly start: number;
}

/**
 * Reads a NumPy array file (format versions 1 to 3) of integers, booleans or floats, in either byte order and in C or
 * Fortran order.
 *
 * The header is read by a grammar of its own, never evaluated; the file must be exactly as long as it says.
 * Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * @param what  the file's name, for errors
 * @returns     the numbers in C order, whatever the file's
 * @throws OverparamError `data-truncated` when the file is shorter than it should be, `data-format` for all else
 */
export function readNpy(file: Uint8Array, what: string): Numbers {
  const header = readHeader(file, what);
  const { kind, little, shape, start } = header;
  const count = shape.reduce((product, size) => product * size, 1);
  const expected = start + count * kind.bytes;
  if (file.length !== expected) {
    throw new OverparamError(
      file.length < expected ? 'data-truncated' : 'data-format',
      `${what}: has ${file.length} bytes, expected ${expected} for shape [${shape.join(', ')}] of ${header.name}.`,
    );
  }
  const data = allocate(header.name, count);
  const view = new DataView(file.buffer, file.byteOffset + start, count * kind.bytes);
  const at = header.fortran ? fortranOffsets(shape) : null;
  for (let i = 0; i < count; i++) data[i] = kind.read(view, (at === null ? i : at[i]!) * kind.bytes, little);
  return { shape, data };
}

function allocate(name: string, count: number): Numbers['data'] {
  if (name === 'u1' || name === 'b1') return new Uint8Array(count);
  if (name === 'i1') return new Int8Array(count);
  return name === 'f2' || name === 'f4' ? new Float32Array(count) : new Float64Array(count);
}

/** Where in Fortran order each number of the C order lies. */
function fortranOffsets(shape: readonly number[]): Uint32Array {
  const count = shape.reduce((product, size) => product * size, 1);
  const offsets = new Uint32Array(count);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, size) => product * size, 1));
  const index = shape.map(() => 0);
  let at = 0;
  for (let i = 0; i < count; i++) {
    offsets[i] = at;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      at += strides[axis]!;
      if (index[axis]! < shape[axis]!) break;
      at -= index[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
  return offsets;
}

function readHeader(file: Uint8Array, what: string): Header {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const fail = (problem: string, code = 'data-format') => new OverparamError(code, `${what}: ${problem}`);
  if (bytes.length < 12)
    throw fail(`the npy file ends early, after ${bytes.length} bytes.`, 'data-truncated');
  if (!bytes.subarray(0, 6).equals(magic)) throw fail('is no npy file (wrong first bytes).');
  const major = bytes[6]!;
  if (major < 1 || major > 3 || bytes[7] !== 0) throw fail(`npy version ${major}.${bytes[7]} is not read.`);
  const lengthBytes = major === 1 ? 2 : 4;
  const start = 8 + lengthBytes + (major === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8));
  if (start > bytes.length) {
    throw fail(`the npy header ends at byte ${start}, the file at ${bytes.length}.`, 'data-truncated');
  }
  const fields = readFields(bytes.subarray(8 + lengthBytes, start).toString('latin1'));
  if (fields === null) throw fail('the npy header is not the text that NumPy writes.');
  const { descr, shape } = fields;
  const kind = Object.hasOwn(kinds, descr.slice(1)) ? kinds[descr.slice(1)] : undefined;
  const order = descr[0]!;
  if (kind === undefined || !'<>=|'.includes(order) || (order === '|' && kind.bytes > 1)) {
    throw fail(
      `numbers of type "${descr}" are not read; expected integers or floats, such as "<f4" or "|u1".`,
    );
  }
  const count = shape.reduce((product, size) => product * size, 1);
  if (shape.length > 8 || !(count <= mostValues)) throw fail(`shape [${shape.join(', ')}] is too large.`);
  return { kind, little: order !== '>', name: descr.slice(1), fortran: fields.fortran, shape, start };
}

/** The header's dictionary: exactly the three known keys, each once, in any order; null for anything else. */
function readFields(text: string): { descr: string; fortran: boolean; shape: readonly number[] } | null {
  const body = /^\{(.*)\}[ \n]*$/s.exec(text)?.[1];
  if (body === undefined) return null;
  const entry =
    /\s*'(?:(descr)'\s*:\s*'([^'\\]{2,8})'|(fortran_order)'\s*:\s*(True|False)|(shape)'\s*:\s*\(([\d,\s]*)\))\s*(,|$)/y;
  let descr: string | undefined;
  let fortran: boolean | undefined;
  let shape: readonly number[] | null | undefined;
  while (entry.lastIndex < body.length && body.slice(entry.lastIndex).trim() !== '') {
    const match = entry.exec(body);
    if (match === null) return null;
    if (match[1] !== undefined && descr === undefined) descr = match[2]!;
    else if (match[3] !== undefined && fortran === undefined) fortran = match[4] === 'True';
    else if (match[5] !== undefined && shape === undefined) shape = readShape(match[6]!);
    else return null;
  }
  if (descr === undefined || fortran === undefined || shape === undefined || shape === null) return null;
  return { descr, fortran, shape };
}

/** A tuple's inside: `288, 384, 3`, `5,` or nothing. */
function readShape(text: string): readonly number[] | null {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.at(-1) === '') parts.pop();
  if (!parts.every((part) => /^\d{1,9}$/.test(part))) return null;
  return parts.map(Number);
}

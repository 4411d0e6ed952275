import { OverparamError } from '@overparam/errors';
import { halfTable, toHalf } from '@overparam/files/half';
import { canonicalJson } from './json';
import { type HeaderEntry, lengthBytes, readHeader } from './safetensors-header';

/** Bytes of one number, by the format's name of its type. */
const widths = { F64: 8, F32: 4, I32: 4, I64: 8, F16: 2, BF16: 2, U8: 1, BOOL: 1 } as const;

/** A tensor as a file holds it; `data` in row-major order, `shape` being `[]` for one number. */
export type StoredTensor =
  | { readonly dtype: 'F32'; readonly shape: readonly number[]; readonly data: Float32Array }
  /** In the file rounded to the nearest, to even where two are equally near; what was read of such a file, without loss. */
  | { readonly dtype: 'F16' | 'BF16'; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: 'I32'; readonly shape: readonly number[]; readonly data: Int32Array }
  /** `BOOL`: each 0 or 1. */
  | { readonly dtype: 'U8' | 'BOOL'; readonly shape: readonly number[]; readonly data: Uint8Array };

/** A tensor as read: also the types that are read, but not written. */
export type ReadTensor =
  | StoredTensor
  | { readonly dtype: 'I64'; readonly shape: readonly number[]; readonly data: BigInt64Array }
  | { readonly dtype: 'F64'; readonly shape: readonly number[]; readonly data: Float64Array };

/** Tensors by name, and strings by key. */
export interface SafetensorsFile<T extends ReadTensor = ReadTensor> {
  readonly tensors: ReadonlyMap<string, T>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Writes tensors in the safetensors format. Equal contents give equal bytes, whatever the order they came in:
 * tensors stand by type (wide numbers before narrow ones), then by name, metadata by key.
 *
 * Source: https://github.com/huggingface/safetensors#format
 *
 * @returns  the file's bytes; each tensor starts at a multiple of its number's size
 * @throws OverparamError `invalid-tensor` where data and shape disagree, a `BOOL` is not 0 or 1, or a tensor is
 *   named `__metadata__`
 */
export function encodeSafetensors(file: SafetensorsFile<StoredTensor>): Uint8Array {
  // The order of the format's reference implementation, which keeps wide numbers aligned.
  const rank = ['F32', 'I32', 'F16', 'BF16', 'U8', 'BOOL'];
  const tensors = [...file.tensors].sort(
    ([a, { dtype: left }], [b, { dtype: right }]) =>
      rank.indexOf(left) - rank.indexOf(right) || (a < b ? -1 : Number(a > b)),
  );
  const entries: string[] = [];
  if (Object.keys(file.metadata).length > 0) {
    entries.push(`"__metadata__":${canonicalJson(file.metadata, 'metadata')}`);
  }
  let end = 0;
  for (const [name, tensor] of tensors) {
    checkTensor(name, tensor);
    const start = end;
    end += tensor.data.length * widths[tensor.dtype];
    entries.push(
      `${JSON.stringify(name)}:{"dtype":"${tensor.dtype}","shape":[${tensor.shape.join(',')}],"data_offsets":[${start},${end}]}`,
    );
  }
  const header = new TextEncoder().encode(`{${entries.join(',')}}`);
  const headerLength = Math.ceil(header.length / 8) * 8;
  const bytes = new Uint8Array(lengthBytes + headerLength + end).fill(0x20, 0, lengthBytes + headerLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.set(header, lengthBytes);
  let position = lengthBytes + headerLength;
  for (const [, tensor] of tensors) {
    const { buffer, byteOffset, byteLength } = numbersOf(tensor);
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), position);
    position += byteLength;
  }
  return bytes;
}

/** Numbers as the file holds them. */
function numbersOf({ dtype, data }: StoredTensor): ArrayBufferView {
  if (dtype === 'F16') return Uint16Array.from(data, toHalf);
  if (dtype !== 'BF16') return data;
  const words = new Uint32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
  // A half of the lower bits is rounded to even; a NaN must not become infinity.
  return Uint16Array.from(words, (word, index) =>
    Number.isNaN(data[index]) ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16,
  );
}

/**
 * Reads a file in the safetensors format, and refuses whatever the format does not allow: a header or data that
 * do not fit the file, names that come twice, offsets that overlap or leave holes, shapes that do not fit.
 *
 * @param bytes   the whole file
 * @param source  what the bytes are, such as a file's name, for errors
 * @returns       copies: `bytes` may change afterwards
 * @throws OverparamError `safetensors-invalid`, naming the source and, where it is about one, the tensor
 */
export function decodeSafetensors(bytes: Uint8Array, source = 'safetensors data'): SafetensorsFile {
  const header = readHeader(bytes, source, widths);
  const tensors = new Map<string, ReadTensor>();
  for (const entry of header.entries) tensors.set(entry.name, readTensor(bytes, entry, source));
  return { tensors, metadata: header.metadata };
}

function readTensor(bytes: Uint8Array, entry: HeaderEntry<keyof typeof widths>, source: string): ReadTensor {
  const { name, dtype, shape, start, end } = entry;
  // A copy of its own begins at offset 0, where every kind of number may begin.
  const { buffer } = Uint8Array.from(bytes.subarray(start, end));
  switch (dtype) {
    case 'F32':
      return { dtype, shape, data: new Float32Array(buffer) };
    case 'I32':
      return { dtype, shape, data: new Int32Array(buffer) };
    case 'I64':
      return { dtype, shape, data: new BigInt64Array(buffer) };
    case 'F64':
      return { dtype, shape, data: new Float64Array(buffer) };
    case 'BF16': {
      // The upper half of a float32.
      const words = Uint32Array.from(new Uint16Array(buffer), (word) => word << 16);
      return { dtype, shape, data: new Float32Array(words.buffer) };
    }
    case 'F16': {
      const numbers = halfTable();
      return { dtype, shape, data: Float32Array.from(new Uint16Array(buffer), (word) => numbers[word]!) };
    }
    default: {
      const data = new Uint8Array(buffer);
      if (dtype === 'BOOL' && data.some((value) => value > 1)) {
        throw new OverparamError(
          'safetensors-invalid',
          `${source}: tensor "${name}" is of type BOOL and holds bytes other than 0 and 1. Write the file again.`,
        );
      }
      return { dtype, shape, data };
    }
  }
}

function checkTensor(name: string, tensor: StoredTensor): void {
  const count = tensor.shape.reduce((product, size) => product * size, 1);
  const sound = tensor.shape.every((size) => Number.isInteger(size) && size >= 0);
  const numbers = tensor.data.length;
  let problem: string | null = null;
  if (name === '__metadata__') problem = "that name is the format's own; choose another";
  else if (!sound || count !== numbers) problem = `shape [${tensor.shape}] does not fit ${numbers} numbers`;
  else if (tensor.dtype === 'BOOL' && tensor.data.some((value) => value > 1)) {
    problem = 'a BOOL must be 0 or 1; use U8 for other bytes';
  }
  if (problem !== null)
    throw new OverparamError('invalid-tensor', `Cannot write tensor "${name}": ${problem}.`);
}

import { OverparamError } from '@overparam/errors';
import { isRecord, repeatedKey } from './json';

/** Bytes before the header that hold its length. */
export const lengthBytes = 8;

/** Longest header that is read, as in the format's reference implementation. */
const longestHeader = 100_000_000;

/** One tensor's place; `start` and `end` count bytes from the file's first. */
export interface HeaderEntry<Dtype extends string> {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

/**
 * Reads and checks the header of a safetensors file.
 *
 * @param bytes   the whole file
 * @param widths  bytes of a number, for each type that may come
 * @returns       entries in the order of their data, which follow each other without gap to the file's end
 * @throws OverparamError `safetensors-invalid`
 */
export function readHeader<Dtype extends string>(
  bytes: Uint8Array,
  source: string,
  widths: Readonly<Record<Dtype, number>>,
): { readonly entries: readonly HeaderEntry<Dtype>[]; readonly metadata: Readonly<Record<string, string>> } {
  const fail = (problem: string, cause?: unknown): never => {
    throw new OverparamError(
      'safetensors-invalid',
      `${source}: ${problem}. The file is damaged, or not a safetensors file; fetch or write it again.`,
      { cause },
    );
  };
  const { header, dataStart } = parseHeader(bytes, fail);
  let metadata: Record<string, string> = {};
  const entries: HeaderEntry<Dtype>[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') metadata = readMetadata(value, fail);
    else entries.push(readEntry(name, value, dataStart, widths, fail));
  }
  entries.sort((a, b) => a.start - b.start || a.end - b.end);
  let position = dataStart;
  for (const { name, start, end } of entries) {
    if (start < position) fail(`the data of tensor "${name}" overlaps with another tensor's`);
    if (start > position)
      fail(`${start - position} bytes before the data of tensor "${name}" belong to no tensor`);
    if (end > bytes.length) {
      fail(
        `the data of tensor "${name}" ends at byte ${end}, but the file has ${bytes.length}: it is truncated`,
      );
    }
    position = end;
  }
  if (position < bytes.length) fail(`${bytes.length - position} bytes behind the last tensor belong to none`);
  return { entries, metadata };
}

type Fail = (problem: string, cause?: unknown) => never;

function parseHeader(bytes: Uint8Array, fail: Fail): { header: Record<string, unknown>; dataStart: number } {
  if (bytes.length < lengthBytes) fail(`expected at least ${lengthBytes} bytes, got ${bytes.length}`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, lengthBytes).getBigUint64(0, true);
  if (length > longestHeader)
    fail(`the header's length is given as ${length} bytes; at most ${longestHeader} are read`);
  const dataStart = lengthBytes + Number(length);
  if (dataStart > bytes.length) {
    fail(`the header's length is given as ${length} bytes, but only ${bytes.length - lengthBytes} follow`);
  }
  if (bytes[lengthBytes] !== 0x7b || length === 0n) fail('the header must begin with "{"');
  let text = '';
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(lengthBytes, dataStart));
    header = JSON.parse(text);
  } catch (error) {
    fail('the header is not JSON in UTF-8', error);
  }
  if (!isRecord(header)) return fail('the header must be an object');
  const repeated = repeatedKey(text);
  if (repeated !== null) fail(`the header has the name "${repeated}" twice`);
  return { header, dataStart };
}

function readMetadata(value: unknown, fail: Fail): Record<string, string> {
  if (!isRecord(value)) return fail('__metadata__ must be an object of strings');
  const entries = Object.entries(value).map(([key, text]): [string, string] => {
    if (typeof text !== 'string') return fail(`__metadata__ must hold strings; "${key}" is something else`);
    return [key, text];
  });
  return Object.fromEntries(entries);
}

function readEntry<Dtype extends string>(
  name: string,
  value: unknown,
  dataStart: number,
  widths: Readonly<Record<Dtype, number>>,
  fail: Fail,
): HeaderEntry<Dtype> {
  if (!isRecord(value)) return fail(`the entry of tensor "${name}" must be an object`);
  const { dtype, shape, data_offsets: offsets, ...rest } = value;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) fail(`the entry of tensor "${name}" has an unknown key "${unknown}"`);
  if (typeof dtype !== 'string' || !Object.hasOwn(widths, dtype)) {
    const types = Object.keys(widths).join(', ');
    const given = typeof dtype === 'string' ? JSON.stringify(dtype) : 'no text';
    return fail(`tensor "${name}" is of type ${given}; one of ${types} can be read`);
  }
  if (!isCounts(shape)) return fail(`the shape of tensor "${name}" must be integers, each 0 or more`);
  if (!isCounts(offsets) || offsets.length !== 2) {
    return fail(`data_offsets of tensor "${name}" must be two integers, each 0 or more`);
  }
  const [start, end] = offsets as [number, number];
  const expected = shape.reduce((product, size) => product * size, widths[dtype as Dtype]);
  if (!Number.isSafeInteger(expected) || end - start !== expected) {
    fail(
      `tensor "${name}" [${shape}] of ${dtype} takes ${expected} bytes, but its offsets [${offsets}] span ${end - start}`,
    );
  }
  return { name, dtype: dtype as Dtype, shape, start: dataStart + start, end: dataStart + end };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

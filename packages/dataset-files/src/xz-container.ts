import { OverparamError } from '@overparam/errors';
import { crc32 } from './cyclic';

/** One block of an xz stream: views into the file, nothing unpacked yet. */
export interface XzBlock {
  /** LZMA2 chunks with their end marker. */
  readonly payload: Uint8Array;
  readonly unpackedBytes: number;
  /** LZMA2's coded dictionary size, 0 to 40. */
  readonly dictionary: number;
  /** Of the delta filter in front, 1 to 256; 0 without it. */
  readonly deltaDistance: number;
  /** 0 none, 1 CRC-32, 4 CRC-64, 10 SHA-256; of the unpacked bytes. */
  readonly checkType: number;
  readonly check: Uint8Array;
}

const headerMagic = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);
const footerMagic = Buffer.from('YZ', 'latin1');
const checkBytes = new Map([
  [0, 0],
  [1, 4],
  [4, 8],
  [10, 32],
]);

/**
 * Finds the blocks of an .xz file of one stream by its index, checking sizes, offsets and header sums.
 *
 * @throws OverparamError `data-truncated` when the file does not end in a footer, `data-format` for all else
 */
export function readContainer(file: Uint8Array, what: string): XzBlock[] {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const fail = (message: string, code = 'data-format') => new OverparamError(code, `${what}: ${message}`);
  const isXz = headerMagic.equals(bytes.subarray(0, 6));
  if (!isXz && bytes.length >= 6) throw fail('is no xz file (wrong first bytes).');
  if (bytes.length < 32 || !footerMagic.equals(bytes.subarray(-2))) {
    throw fail(`the xz data ends early, after ${bytes.length} bytes (no footer).`, 'data-truncated');
  }
  const footer = bytes.subarray(-12);
  const flags = bytes.subarray(6, 8);
  const flagsSound = crc32(flags) === bytes.readUInt32LE(8) && flags.equals(footer.subarray(8, 10));
  if (!flagsSound || crc32(footer.subarray(4, 10)) !== footer.readUInt32LE(0))
    throw fail('damaged xz header or footer.');
  const checkType = flags[1]!;
  const checkSize = checkBytes.get(checkType);
  if (flags[0] !== 0 || checkSize === undefined) throw fail(`unknown xz check type ${checkType}.`);

  const indexStart = bytes.length - 12 - (footer.readUInt32LE(4) + 1) * 4;
  if (indexStart < 12) throw fail('the xz index is larger than the file.');
  const index = bytes.subarray(indexStart, -12);
  if (crc32(index.subarray(0, -4)) !== index.readUInt32LE(index.length - 4)) throw fail('damaged xz index.');
  const reader = new NumberReader(index.subarray(0, -4), 1, () => fail('damaged xz index.'));
  const count = reader.next();
  const blocks: XzBlock[] = [];
  let at = 12;
  for (let i = 0; i < count; i++) {
    const unpadded = reader.next();
    const unpackedBytes = reader.next();
    // Zeros fill the data up to a multiple of 4; they lie before the check and are not in the index's size.
    const end = at + Math.ceil(unpadded / 4) * 4;
    if (end > indexStart) {
      throw fail('an xz block passes the end of the data; several streams in one file are not read.');
    }
    const header = readBlockHeader(bytes.subarray(at, end), fail);
    const payload = bytes.subarray(at + header.size, at + unpadded - checkSize);
    const check = bytes.subarray(end - checkSize, end);
    blocks.push({ ...header, payload, unpackedBytes, checkType, check });
    at = end;
  }
  if (at !== indexStart) throw fail('the xz index does not cover the data.');
  return blocks;
}

function readBlockHeader(block: Buffer, fail: (message: string) => OverparamError) {
  const size = ((block[0] ?? 0) + 1) * 4;
  if (size < 8 || size > block.length) throw fail('damaged xz block header.');
  if (crc32(block.subarray(0, size - 4)) !== block.readUInt32LE(size - 4))
    throw fail('damaged xz block header.');
  const flags = block[1]!;
  const reader = new NumberReader(block.subarray(0, size - 4), 2, () => fail('damaged xz block header.'));
  if (flags & 0x40) reader.next();
  if (flags & 0x80) reader.next();
  let dictionary = -1;
  let deltaDistance = 0;
  for (let filter = 0; filter <= (flags & 3); filter++) {
    const id = reader.next();
    const properties = reader.take(reader.next());
    const first = deltaDistance === 0 && dictionary < 0;
    if (id === 3 && properties.length === 1 && first) deltaDistance = properties[0]! + 1;
    else if (id === 0x21 && properties.length === 1 && dictionary < 0) dictionary = properties[0]!;
    else
      throw fail(
        `xz filter 0x${id.toString(16)} is not read (only delta and LZMA2); pack it again with plain xz.`,
      );
  }
  if (dictionary < 0) throw fail('an xz block without LZMA2.');
  return { size, dictionary, deltaDistance };
}

/** Reads xz's variable-length numbers, 7 bits a byte, low bits first. */
class NumberReader {
  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
    private readonly damaged: () => OverparamError,
  ) {}

  next(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 42; scale *= 128) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw this.damaged();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw this.damaged();
  }

  take(count: number): Uint8Array {
    if (this.at + count > this.bytes.length) throw this.damaged();
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }
}

/** A block as an xz stream of its own, with LZMA2 as its one filter and without a check, in pieces. */
export function wrapBlock(block: XzBlock): Uint8Array[] {
  const flags = Buffer.from([0, 0]);
  const header = Buffer.from([2, 0, 0x21, 1, block.dictionary, 0, 0, 0]);
  const index = padded(
    Buffer.from([0, 1, ...variable(12 + block.payload.length), ...variable(block.unpackedBytes)]),
  );
  const footer = Buffer.concat([unsigned((index.length + 4) / 4 - 1), flags]);
  return [
    Buffer.concat([headerMagic, flags, sum(flags), header, sum(header)]),
    block.payload,
    Buffer.concat([
      Buffer.alloc(-block.payload.length & 3),
      index,
      sum(index),
      sum(footer),
      footer,
      footerMagic,
    ]),
  ].filter((piece) => piece.length > 0);
}

function variable(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...variable(Math.floor(value / 128))];
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}

function unsigned(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function sum(bytes: Uint8Array): Buffer {
  return unsigned(crc32(bytes));
}

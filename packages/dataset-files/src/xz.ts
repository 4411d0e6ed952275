import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { ReadableStream } from 'node:stream/web';
import { isOverparamError, OverparamError } from '@overparam/errors';
import { crc32, crc64 } from './cyclic';
import { readContainer, wrapBlock, type XzBlock } from './xz-container';

/**
 * Unpacks an .xz file of one stream with the filters LZMA2, or delta and LZMA2.
 *
 * The WebAssembly decoder behind this knows LZMA2 but not the delta filter. So the container is read here
 * (format: https://tukaani.org/xz/xz-file-format.txt), each block goes to the decoder as a stream of its own,
 * and the delta and the block's own check are done here.
 *
 * @param size      `expected`: bytes that must come out; `limit`: the most that may. Nothing larger is allocated
 * @param what      the file's name, for errors
 * @param progress  called with the bytes done so far
 * @throws OverparamError `data-truncated`, `data-format` or `data-checksum`
 */
export async function unpackXz(
  packed: Uint8Array,
  size: { readonly expected: number } | { readonly limit: number },
  what: string,
  progress: (done: number) => void = () => {},
): Promise<Uint8Array> {
  const blocks = readContainer(packed, what);
  const total = blocks.reduce((sum, block) => sum + block.unpackedBytes, 0);
  if ('expected' in size && total !== size.expected) {
    const code = total < size.expected ? 'data-truncated' : 'data-format';
    throw new OverparamError(code, `${what}: holds ${total} bytes unpacked, expected ${size.expected}.`);
  }
  if ('limit' in size && total > size.limit) {
    throw new OverparamError(
      'data-format',
      `${what}: holds ${total} bytes unpacked; more than ${size.limit} are not unpacked in memory. Unpack it with xz first.`,
    );
  }
  const result = new Uint8Array(total);
  let at = 0;
  for (const block of blocks) {
    const part = result.subarray(at, at + block.unpackedBytes);
    await decode(block, part, what, (done) => progress(at + done));
    if (block.deltaDistance > 0) undoDelta(part, block.deltaDistance);
    checkBlock(block, part, what);
    at += part.length;
  }
  return result;
}

async function decode(block: XzBlock, target: Uint8Array, what: string, progress: (done: number) => void) {
  // The package is a UMD bundle: Node's ESM loader would not see its named export.
  const { XzReadableStream } = createRequire(import.meta.url)('xz-decompress') as {
    XzReadableStream: new (source: ReadableStream<Uint8Array>) => ReadableStream<Uint8Array>;
  };
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of wrapBlock(block)) controller.enqueue(piece);
      controller.close();
    },
  });
  let done = 0;
  try {
    for await (const piece of new XzReadableStream(source)) {
      if (done + piece.length > target.length) throw new RangeError('more bytes than the index says');
      target.set(piece, done);
      done += piece.length;
      progress(done);
    }
  } catch (cause) {
    if (isOverparamError(cause)) throw cause;
    throw new OverparamError('data-format', `${what}: damaged xz data (${(cause as Error).message}).`, {
      cause,
    });
  }
  if (done !== target.length) {
    throw new OverparamError(
      'data-format',
      `${what}: an xz block gave ${done} bytes, expected ${target.length}.`,
    );
  }
}

/** Each byte was stored as its difference to the one `distance` before it. */
function undoDelta(bytes: Uint8Array, distance: number): void {
  for (let i = distance; i < bytes.length; i++) bytes[i] = bytes[i]! + bytes[i - distance]!;
}

function checkBlock(block: XzBlock, bytes: Uint8Array, what: string): void {
  const stored = Buffer.from(block.check);
  let got = Buffer.alloc(stored.length);
  if (block.checkType === 1) got.writeUInt32LE(crc32(bytes));
  else if (block.checkType === 4) {
    const [low, high] = crc64(bytes);
    got.writeUInt32LE(low, 0);
    got.writeUInt32LE(high, 4);
  } else if (block.checkType === 10) got = createHash('sha256').update(bytes).digest();
  if (!got.equals(stored)) {
    throw new OverparamError(
      'data-checksum',
      `${what}: a block's own checksum is wrong; the file is damaged.`,
    );
  }
}

import { createReadStream } from 'node:fs';
import { promisify } from 'node:util';
import { createGunzip, gunzip } from 'node:zlib';
import { OverparamError } from '@overparam/errors';

const inflate = promisify(gunzip);

/**
 * Unpacks gzip data in memory.
 *
 * @param limit  the most bytes that may come out; nothing larger is allocated
 * @param what   the file's name, for errors
 * @throws OverparamError `data-truncated` or `data-format`
 */
export async function unpackGzip(packed: Uint8Array, limit: number, what: string): Promise<Uint8Array> {
  try {
    return await inflate(packed, { maxOutputLength: limit });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      const message = `${what}: holds more than ${limit} bytes unpacked, expected ${limit} at most.`;
      throw new OverparamError('data-format', message, { cause });
    }
    throw gzipError(cause, what);
  }
}

/**
 * The unpacked content of a .gz file, in pieces as it is read.
 *
 * @param progress  called with the packed bytes read so far
 * @throws OverparamError `data-truncated` or `data-format`
 */
export async function* readGzip(
  path: string,
  progress: (done: number) => void = () => {},
): AsyncGenerator<Uint8Array, void> {
  const packed = createReadStream(path, { highWaterMark: 1 << 18 });
  const unpacked = createGunzip({ chunkSize: 1 << 18 });
  packed.on('error', (error) => unpacked.destroy(error));
  packed.pipe(unpacked);
  try {
    for await (const piece of unpacked as AsyncIterable<Buffer>) {
      progress(packed.bytesRead);
      yield piece;
    }
  } catch (error) {
    throw gzipError(error, path);
  } finally {
    packed.destroy();
    unpacked.destroy();
  }
}

/** What zlib says, in our words; all other errors stay as they are. */
function gzipError(cause: unknown, what: string): unknown {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  if (code === 'Z_BUF_ERROR') {
    return new OverparamError('data-truncated', `${what}: the gzip data ends early.`, { cause });
  }
  if (!code.startsWith('Z_')) return cause;
  return new OverparamError('data-format', `${what}: damaged gzip data (${message}).`, { cause });
}

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isOverparamError, OverparamError } from '@overparam/errors';

/** What a file must hash to. */
export interface Checksum {
  readonly algorithm: 'md5' | 'sha256';
  /** Lower-case. */
  readonly hex: string;
}

/** One file to fetch. */
export interface Download {
  readonly url: string;
  /** Where it goes; `<target>.part` holds what has come so far. */
  readonly target: string;
  /** What the file must hash to; without it only its length is checked, where the server tells it. */
  readonly checksum?: Checksum;
  /** The most bytes that it may have: what is longer is not the file, and is not kept. */
  readonly limit: number;
  readonly signal?: AbortSignal;
  /** Told of bytes done and in all; called often. */
  readonly progress?: (done: number, total: number) => void;
}

/**
 * Fetches a file over HTTP. An interrupted download goes on where it stopped, if the server supports ranges, and begins
 * anew where it answers another range than the one asked for; the file appears under its name only after its checksum was
 * found right.
 *
 * @throws OverparamError `data-download` when the server or the connection fails (what came is kept), and when more comes
 *         than the file may have (what came is removed),
 *         `data-checksum` when all came but is not the file (what came is removed), `aborted` by the signal
 */
export async function download(request: Download): Promise<void> {
  const part = `${request.target}.part`;
  await mkdir(dirname(request.target), { recursive: true });
  try {
    if ((await sizeOf(part)) > request.limit) await rm(part, { force: true });
    const resumed = await sizeOf(part);
    if (!(resumed > 0 && (await isComplete(request, part)))) await transfer(request, part, resumed);
  } catch (cause) {
    if (isOverparamError(cause)) throw cause;
    if (request.signal?.aborted) {
      throw new OverparamError(
        'aborted',
        `The download of ${request.url} was stopped; run it again to go on.`,
        { cause },
      );
    }
    const { message, cause: inner } = cause as Error;
    const reason = inner instanceof Error ? `${message}: ${inner.message}` : message;
    throw new OverparamError(
      'data-download',
      `${request.url}: the download failed after ${await sizeOf(part)} bytes (${reason}). ` +
        'Run it again to go on where it stopped, or name a mirror with the option url.',
      { cause },
    );
  }
  if (request.checksum !== undefined) {
    const { algorithm, hex } = request.checksum;
    const found = await digestOf(part, algorithm);
    if (found !== hex) {
      await rm(part, { force: true });
      throw new OverparamError(
        'data-checksum',
        `${request.url}: what came has ${algorithm} ${found}, expected ${hex}; it was removed. ` +
          'Run it again, or name another mirror with the option url.',
      );
    }
  }
  await rename(part, request.target);
}

async function transfer(request: Download, part: string, from: number): Promise<void> {
  // Without compression on the way: byte ranges and the checksum are those of the file itself.
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (from > 0) headers.range = `bytes=${from}-`;
  const response = await fetch(request.url, { headers, signal: request.signal });
  const begin = beginOf(response, from);
  if (begin === null && from > 0 && (response.status === 206 || response.status === 416)) {
    // The part is no beginning of this file, or has all of it and is not it, or the server knows no ranges: start anew.
    await response.body?.cancel();
    await rm(part, { force: true });
    return transfer(request, part, 0);
  }
  if (begin === null || response.body === null || response.headers.has('content-encoding')) {
    await response.body?.cancel();
    const encoding = response.headers.get('content-encoding');
    throw new OverparamError(
      'data-download',
      `${request.url}: the server answered ${response.status} ${response.statusText}` +
        `${encoding === null ? '' : ` with content-encoding ${encoding}`}. ` +
        'Check the address, or name a mirror with the option url.',
    );
  }
  if (begin.total > request.limit) {
    await response.body.cancel();
    throw tooLong(request, `has ${begin.total} bytes`);
  }
  const file = await open(part, begin.start > 0 ? 'r+' : 'w');
  let done = begin.start;
  try {
    for await (const piece of response.body) {
      if (done + piece.length > request.limit) {
        await rm(part, { force: true });
        throw tooLong(request, 'goes on after that many bytes');
      }
      await file.write(piece, 0, piece.length, done);
      done += piece.length;
      request.progress?.(done, begin.total);
    }
    if (done < begin.total) throw new Error(`the connection ended at byte ${done} of ${begin.total}`);
  } finally {
    await file.close();
  }
}

/**
 * Where a good answer begins, and how long the file then is (NaN where the server does not say): a server without ranges
 * sends all. Null for a bad answer.
 */
function beginOf(
  response: Response,
  from: number,
): { readonly start: number; readonly total: number } | null {
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  if (response.status === 200) return { start: 0, total: length };
  if (response.status !== 206 || from === 0) return null;
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  if (range === null || Number(range[1]) !== from) return null;
  return { start: from, total: range[2] === '*' ? from + length : Number(range[2]) };
}

function tooLong({ url, limit }: Download, what: string): OverparamError {
  return new OverparamError(
    'data-download',
    `${url}: expected at most ${limit} bytes, but what the server sends ${what}; it is not the file, and was not kept. ` +
      'Check the address, or name a mirror with the option url.',
  );
}

/**
 * The text of a small answer, such as a listing.
 *
 * @param limit  the most bytes that are read
 * @throws OverparamError `data-download` above the limit
 */
export async function readText(response: Response, limit: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  let done = 0;
  for await (const piece of response.body ?? []) {
    done += piece.length;
    if (done > limit) {
      throw new OverparamError('data-download', `${response.url}: answers more than ${limit} bytes.`);
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0;
}

/** Whether the part is the whole file already: an interruption can come between its end and the renaming. */
async function isComplete({ checksum }: Download, part: string): Promise<boolean> {
  return checksum !== undefined && (await digestOf(part, checksum.algorithm)) === checksum.hex;
}

/** Lower-case hex digest of a file, read in pieces. */
export async function digestOf(path: string, algorithm: Checksum['algorithm']): Promise<string> {
  const hash = createHash(algorithm);
  for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  return hash.digest('hex');
}

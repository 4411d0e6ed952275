import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { OverparamError } from '@overparam/errors';
import type { RecordFormat } from './record';
import type { Statistics } from './statistics';

/** The header's bytes: JSON, filled up with spaces. Records begin behind it. */
export const headerBytes = 4096;
/** Raised when records or header change. */
export const cacheVersion = 2;

/** What stands in the checksum's place while it is taken. */
const blank = '0'.repeat(64);
/** Bytes that are read at a time. */
const pieceBytes = 1 << 20;

/** What a cache says of itself. */
export interface CacheHeader {
  readonly cache: 'overparam-nyuv2';
  readonly version: number;
  /** SHA-256 of all records, then of the header with 64 zeros in this place. */
  readonly sha256: string;
  readonly identity: string;
  readonly count: number;
  readonly format: RecordFormat;
  readonly statistics: Statistics;
}

/** Takes the checksum of a cache: every record in order, then the header. */
export function cacheSum() {
  const hash = createHash('sha256');
  return {
    add: (record: Uint8Array) => void hash.update(record),
    /** The header's bytes, with the checksum. */
    close(header: Omit<CacheHeader, 'sha256' | 'cache' | 'version'>): {
      readonly header: CacheHeader;
      readonly bytes: Uint8Array;
    } {
      const whole: CacheHeader = {
        cache: 'overparam-nyuv2',
        version: cacheVersion,
        sha256: blank,
        ...header,
      };
      const sealed = { ...whole, sha256: hash.update(textOf(whole)).digest('hex') };
      return { header: sealed, bytes: textOf(sealed) };
    },
  };
}

function textOf(header: CacheHeader): Uint8Array {
  const bytes = Buffer.alloc(headerBytes, ' ');
  bytes.write(JSON.stringify(header));
  return bytes;
}

/** What was found where a cache is looked for. */
export type FoundCache =
  | { readonly kind: 'none' }
  /** One of which some byte is not as it was written: a cache's name tells what it was made from. */
  | { readonly kind: 'damaged'; readonly problem: string }
  | { readonly kind: 'sound'; readonly header: CacheHeader };

/**
 * Reads a cache's header, and all of its records to compare them with its checksum.
 *
 * @param report  told of bytes done and in all
 * @throws OverparamError `aborted` by the signal
 */
export async function findCache(
  path: string,
  identity: string,
  signal: AbortSignal | undefined,
  report: (done: number, total: number) => void,
): Promise<FoundCache> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return { kind: 'none' };
  try {
    const header = await readHeader(file);
    if (header?.identity !== identity || header.version !== cacheVersion) {
      return { kind: 'damaged', problem: 'its header cannot be read' };
    }
    const { size } = await file.stat();
    const hash = createHash('sha256');
    const piece = Buffer.allocUnsafe(pieceBytes);
    for (let at = headerBytes; at < size; ) {
      if (signal?.aborted) throw new OverparamError('aborted', 'Reading the data was stopped.');
      const { bytesRead } = await file.read(piece, 0, pieceBytes, at);
      if (bytesRead === 0) return { kind: 'damaged', problem: `it ends at byte ${at}` };
      hash.update(piece.subarray(0, bytesRead));
      at += bytesRead;
      report(at, size);
    }
    // As it stands in the file, the filling included.
    const text = (await headerText(file)).replace(header.sha256, blank);
    // Only then is the header what was written, and its format and count to be relied upon.
    if (hash.update(text, 'latin1').digest('hex') === header.sha256) return { kind: 'sound', header };
    return { kind: 'damaged', problem: 'its contents do not match their checksum' };
  } finally {
    await file.close();
  }
}

/** Null where it is none of this package. */
async function readHeader(file: FileHandle): Promise<CacheHeader | null> {
  try {
    const header = JSON.parse(Buffer.from(await headerText(file), 'latin1').toString('utf8')) as CacheHeader;
    return header.cache === 'overparam-nyuv2' && /^[0-9a-f]{64}$/.test(header.sha256) ? header : null;
  } catch {
    return null;
  }
}

/** One character for each byte. */
async function headerText(file: FileHandle): Promise<string> {
  const bytes = Buffer.alloc(headerBytes);
  await file.read(bytes, 0, headerBytes, 0);
  return bytes.toString('latin1');
}

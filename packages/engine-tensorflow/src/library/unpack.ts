import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OverparamError } from '@overparam/errors';
import { readMember } from './archive';
import type { InstalledFile } from './cache';
import type { RecordEntry, Wheel } from './wheel';

/** Bytes for a person: decimal, as disks and pip give them. */
export function sizeText(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(2)} GB`;
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(0)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
}

/** What to do about a full disk. */
export const moreRoom = 'Free some space, or put the cache elsewhere with XDG_CACHE_HOME.';

/** Whether an error says that a disk, or this user's part of it, is full. */
export function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function diskFull(needed: number, folder: string, free: number | null): OverparamError {
  const there = free === null ? '' : `, and ${sizeText(free)} are free`;
  return new OverparamError(
    'disk-full',
    `The disk is full: ${sizeText(needed)} are needed in ${folder}${there}. ${moreRoom}`,
  );
}

/** What {@link writeSources} is told and tells. */
export interface WriteOptions {
  /** The cache's folder, for messages. */
  readonly place: string;
  /** Bytes written of all files. */
  readonly progress: (done: number, total: number, path: string) => void;
  /** Called with each file when it is whole, before the next one is begun. */
  readonly arrived: (file: string, source: Source) => Promise<unknown>;
  readonly signal?: AbortSignal;
}

/** What one file's bytes come from, and what they must be. */
export interface Source {
  /** Path relative to the installation, with `/`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly expected: RecordEntry | null;
  /** The wheel or file, for messages. */
  readonly from: string;
  bytes(): AsyncIterable<Buffer>;
}

/** A member of a wheel as a source. */
export function memberSource(wheel: Wheel, name: string, expected: RecordEntry): Source {
  const member = wheel.archive.members.get(name)!;
  const from = wheel.archive.file;
  return { path: name, size: member.size, expected, from, bytes: () => readMember(wheel.archive, member) };
}

/** A file as a source. */
export function fileSource(file: string, path: string, size: number, expected: RecordEntry | null): Source {
  return {
    path,
    size,
    expected,
    from: file,
    bytes: () => createReadStream(file, { highWaterMark: 1 << 20 }),
  };
}

async function writeAll(handle: FileHandle, chunk: Buffer): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at)).bytesWritten;
}

/**
 * Writes files into a new folder and checks each against its SHA-256.
 *
 * @throws OverparamError `wrong-hash`, `disk-full`, and those of reading the wheel
 */
export async function writeSources(
  sources: readonly Source[],
  folder: string,
  { place, progress, arrived, signal }: WriteOptions,
): Promise<InstalledFile[]> {
  const total = sources.reduce((sum, { size }) => sum + size, 0);
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < total) throw diskFull(total, place, bavail * bsize);
  const files: InstalledFile[] = [];
  let done = 0;
  for (const source of sources) {
    const target = join(folder, source.path);
    await mkdir(dirname(target), { recursive: true });
    const hash = createHash('sha256');
    const handle = await open(target, 'wx', 0o644);
    try {
      for await (const chunk of source.bytes()) {
        signal?.throwIfAborted();
        hash.update(chunk);
        await writeAll(handle, chunk);
        done += chunk.length;
        progress(done, total, source.path);
      }
    } catch (error) {
      throw isDiskFull(error) ? diskFull(total, place, null) : error;
    } finally {
      await handle.close();
    }
    const sha256 = hash.digest('hex');
    const { expected } = source;
    if (expected !== null && (expected.sha256 !== sha256 || (expected.size ?? source.size) !== source.size)) {
      throw new OverparamError(
        'wrong-hash',
        `${source.path} of ${source.from} has the SHA-256 ${sha256} (${source.size} bytes), and the wheel's RECORD says ` +
          `${expected.sha256} (${expected.size ?? 'no'} bytes). The file was damaged or changed; nothing of it is kept.`,
      );
    }
    await arrived(target, source);
    files.push({ path: source.path, size: source.size, sha256: expected === null ? null : sha256 });
  }
  return files;
}

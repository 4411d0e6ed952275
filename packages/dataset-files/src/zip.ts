import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { isOverparamError, OverparamError } from '@overparam/errors';
import type { Entry, ZipFile } from 'yauzl';
import { crc32 } from './cyclic';
import { refusedKind, safeName } from './names';
import { openZipFile } from './zip-reader';

/** A file in a zip archive, by the archive's directory. */
export interface ZipMember {
  readonly name: string;
  /** Bytes once unpacked, and as stored. */
  readonly size: number;
  readonly storedSize: number;
  /** 0 stored, 8 deflated; others are not read. */
  readonly compression: number;
  readonly encrypted: boolean;
}

/** An opened zip archive. It holds no file open. */
export interface ZipArchive {
  readonly file: string;
  /** By name. */
  readonly members: ReadonlyMap<string, ZipMember>;
  /**
   * The bytes of a member, unpacked as they are read. More than its directory says are never given; at its end its
   * checksum is compared.
   *
   * @throws OverparamError `data-truncated`, `data-format` or `data-checksum`
   */
  read(member: ZipMember): AsyncGenerator<Buffer, void>;
  /**
   * A member as a whole.
   *
   * @param limit  the most bytes that it may have
   * @throws OverparamError as `read`, and `data-format` above the limit
   */
  bytes(member: ZipMember, limit: number): Promise<Buffer>;
}

/**
 * Reads the directory of a zip archive, zip64 included. Nothing is written anywhere.
 *
 * Checked before use: the directory, and all names, which must stay inside the folder they are unpacked in and come once
 * each. Folders are passed over, links are refused. A member's checksum is compared when it has been read to its end.
 *
 * @throws OverparamError `data-truncated` where the archive ends early or is none, `data-unsafe` for names and kinds
 *         that could do harm, `data-format` for all else
 * @example
 * const archive = await openZip('package.whl');
 * for await (const piece of archive.read(archive.members.get('package/data.bin')!)) hash.update(piece);
 */
export async function openZip(file: string): Promise<ZipArchive> {
  const entries = new Map<ZipMember, Entry>();
  const members = new Map<string, ZipMember>();
  await withZip(file, async (zip) => {
    for await (const entry of zip.eachEntry()) {
      const name = safeName(entry.fileName, file);
      if (entry.fileName.endsWith('/')) continue;
      // Systems with such links keep a file's kind in the upper half.
      if (((entry.externalFileAttributes >>> 16) & 0o170000) === 0o120000)
        throw refusedKind(name, 'link', file);
      if (members.has(name)) {
        throw new OverparamError(
          'data-format',
          `${file}: holds two files "${name}", expected each name once.`,
        );
      }
      const member: ZipMember = {
        name,
        size: entry.uncompressedSize,
        storedSize: entry.compressedSize,
        compression: entry.compressionMethod,
        encrypted: entry.isEncrypted(),
      };
      members.set(name, member);
      entries.set(member, entry);
    }
  });

  async function* read(member: ZipMember): AsyncGenerator<Buffer, void> {
    const { name, encrypted, compression } = member;
    if (encrypted || (compression !== 0 && compression !== 8)) {
      const how = encrypted ? 'encrypted' : `packed by method ${compression}`;
      throw new OverparamError(
        'data-format',
        `${file}: ${name} is ${how}; only stored and deflated files are read.`,
      );
    }
    const zip = await openZipFile(file).catch((error) => {
      throw asFormatError(error, file, name);
    });
    let stream: Readable | null = null;
    try {
      const entry = entries.get(member)!;
      stream = await zip.openReadStreamPromise(entry);
      let sum = 0;
      for await (const piece of stream as AsyncIterable<Buffer>) {
        sum = crc32(piece, sum);
        yield piece;
      }
      if (sum !== entry.crc32) {
        throw new OverparamError(
          'data-checksum',
          `${file}: the contents of ${name} do not match their checksum; the archive is damaged.`,
        );
      }
    } catch (error) {
      throw asFormatError(error, file, name);
    } finally {
      stream?.destroy();
      zip.close();
    }
  }

  return {
    file,
    members,
    read,
    async bytes(member, limit) {
      if (member.size > limit) {
        throw new OverparamError(
          'data-format',
          `${file}: ${member.name} has ${member.size} bytes, expected ${limit} at most.`,
        );
      }
      const pieces: Buffer[] = [];
      for await (const piece of read(member)) pieces.push(piece);
      return Buffer.concat(pieces);
    },
  };
}

async function withZip(file: string, work: (zip: ZipFile) => Promise<void>): Promise<void> {
  const { size } = await stat(file);
  let zip: ZipFile | null = null;
  try {
    zip = await openZipFile(file);
    await work(zip);
  } catch (error) {
    throw asFormatError(error, file, `the archive, which has ${size} bytes,`);
  } finally {
    zip?.close();
  }
}

/** What the library says, in our words; errors of the file system stay as they are. */
function asFormatError(error: unknown, file: string, which: string): unknown {
  const { message, syscall, code } = error as NodeJS.ErrnoException;
  if (isOverparamError(error) || syscall !== undefined) return error;
  const fail = (kind: string, problem: string) =>
    new OverparamError(kind, `${file}: ${which} ${problem} (${message}).`, { cause: error });
  if (/^(invalid relative path|absolute path|invalid characters in fileName)/.test(message)) {
    return fail('data-unsafe', 'has a name that could leave the folder; nothing was unpacked');
  }
  if (code?.startsWith('Z_')) return fail('data-format', 'does not unpack');
  if (/^too many bytes/.test(message)) return fail('data-format', 'is longer than its directory says');
  const ends = /signature not found|unexpected EOF|not enough bytes|overflow|out of bounds|beyond|truncated/i;
  if (ends.test(message)) return fail('data-truncated', 'ends early');
  return fail('data-format', 'is damaged');
}

import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import { OverparamError } from '@overparam/errors';

/** A member of a zip archive, by the archive's directory. */
export interface ArchiveMember {
  readonly name: string;
  /** Bytes once unpacked, and as stored. */
  readonly size: number;
  readonly storedSize: number;
  /** 0 stored, 8 deflated. */
  readonly compression: number;
  readonly encrypted: boolean;
  /** Where its local header begins. */
  readonly offset: number;
}

/** An opened zip archive. */
export interface Archive {
  readonly file: string;
  readonly members: ReadonlyMap<string, ArchiveMember>;
}

const endSize = 22;
const longestComment = 65_535;

function damaged(file: string, what: string): OverparamError {
  return new OverparamError(
    'wheel-truncated',
    `${file} is not a whole wheel: ${what}. Download it again; a wheel that was cut while downloading looks like this.`,
  );
}

/** Where the directory stands; large archives say it in a second record. */
interface DirectoryPlace {
  readonly offset: number;
  readonly size: number;
  readonly count: number;
}

async function readAt(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await handle.read(bytes, 0, length, offset);
  return bytes.subarray(0, bytesRead);
}

async function findDirectory(handle: FileHandle, size: number, file: string): Promise<DirectoryPlace> {
  const start = Math.max(0, size - endSize - longestComment);
  const tail = await readAt(handle, start, size - start);
  let at = tail.length - endSize;
  while (at >= 0 && tail.readUInt32LE(at) !== 0x06054b50) at -= 1;
  if (at < 0) throw damaged(file, 'the directory that ends a zip archive is missing');
  const locator = at - 20;
  if (locator < 0 || tail.readUInt32LE(locator) !== 0x07064b50) {
    return {
      count: tail.readUInt16LE(at + 10),
      size: tail.readUInt32LE(at + 12),
      offset: tail.readUInt32LE(at + 16),
    };
  }
  const record = await readAt(handle, Number(tail.readBigUInt64LE(locator + 8)), 56);
  if (record.length < 56 || record.readUInt32LE(0) !== 0x06064b50) {
    throw damaged(file, 'the zip64 record of its directory is missing');
  }
  return {
    count: Number(record.readBigUInt64LE(32)),
    size: Number(record.readBigUInt64LE(40)),
    offset: Number(record.readBigUInt64LE(48)),
  };
}

/** The 64-bit values that stand in an extra field for those that the directory has no room for. */
function wideValues(extra: Buffer): bigint[] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    const field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
    return Array.from({ length: Math.floor(field.length / 8) }, (_, index) =>
      field.readBigUInt64LE(index * 8),
    );
  }
  return [];
}

function parseDirectory(bytes: Buffer, count: number, file: string): Map<string, ArchiveMember> {
  const members = new Map<string, ArchiveMember>();
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== 0x02014b50) {
      throw damaged(file, `its directory ends after ${index} of ${count} files`);
    }
    const nameLength = bytes.readUInt16LE(at + 28);
    const extraLength = bytes.readUInt16LE(at + 30);
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    const wide = wideValues(bytes.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength));
    const value = (short: number) => (short === 0xffffffff ? Number(wide.shift() ?? short) : short);
    // The order of the three is the order in which the extra field gives them.
    const size = value(bytes.readUInt32LE(at + 24));
    const storedSize = value(bytes.readUInt32LE(at + 20));
    const offset = value(bytes.readUInt32LE(at + 42));
    const encrypted = (bytes.readUInt16LE(at + 8) & 1) === 1;
    members.set(name, {
      name,
      size,
      storedSize,
      offset,
      encrypted,
      compression: bytes.readUInt16LE(at + 10),
    });
    at += 46 + nameLength + extraLength + bytes.readUInt16LE(at + 32);
  }
  return members;
}

/**
 * Reads the directory of a zip archive, zip64 included.
 *
 * @throws OverparamError `wheel-truncated` where it is none, or not whole
 */
export async function openArchive(file: string): Promise<Archive> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    if (size < endSize) throw damaged(file, `it has ${size} bytes`);
    const place = await findDirectory(handle, size, file);
    if (place.offset + place.size > size) throw damaged(file, 'its directory lies beyond its end');
    const directory = await readAt(handle, place.offset, place.size);
    return { file, members: parseDirectory(directory, place.count, file) };
  } finally {
    await handle.close();
  }
}

async function dataOffset(archive: Archive, member: ArchiveMember): Promise<number> {
  const handle = await open(archive.file, 'r');
  try {
    const { size } = await handle.stat();
    const header = await readAt(handle, member.offset, 30);
    if (header.length < 30 || header.readUInt32LE(0) !== 0x04034b50) {
      throw damaged(archive.file, `${member.name} is not where its directory says`);
    }
    const start = member.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
    if (start + member.storedSize > size) throw damaged(archive.file, `${member.name} is cut`);
    return start;
  } finally {
    await handle.close();
  }
}

/**
 * The bytes of a member, unpacked as they are read. More than its directory says are never given.
 *
 * @throws OverparamError `wheel-truncated` where they are cut, damaged, or of another size than the directory says;
 *   `wheel-unsupported` for other compressions than deflate
 */
export async function* readMember(archive: Archive, member: ArchiveMember): AsyncGenerator<Buffer> {
  if (member.encrypted || (member.compression !== 0 && member.compression !== 8)) {
    throw new OverparamError(
      'wheel-unsupported',
      `${archive.file}: ${member.name} is ${member.encrypted ? 'encrypted' : `packed by method ${member.compression}`}; ` +
        "a wheel's files are stored or deflated.",
    );
  }
  const start = await dataOffset(archive, member);
  const source: Readable =
    member.storedSize === 0
      ? Readable.from([])
      : createReadStream(archive.file, {
          start,
          end: start + member.storedSize - 1,
          highWaterMark: 1 << 20,
        });
  const stream: Readable =
    member.compression === 0 ? source : source.pipe(createInflateRaw({ chunkSize: 1 << 20 }));
  source.on('error', (error) => stream.destroy(error));
  let given = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      given += chunk.length;
      if (given > member.size)
        throw damaged(archive.file, `${member.name} is longer than its directory says`);
      yield chunk;
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code.startsWith('Z_')) throw damaged(archive.file, `${member.name} does not unpack (${code})`);
    throw error;
  } finally {
    source.destroy();
    stream.destroy();
  }
  if (given !== member.size) {
    throw damaged(archive.file, `${member.name} has ${given} bytes where its directory says ${member.size}`);
  }
}

/** A member as text. */
export async function readText(archive: Archive, member: ArchiveMember): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of readMember(archive, member)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { onTestFinished } from 'vitest';

/** A folder that is removed with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'engine-library-')));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** ELF's numbers of architectures. */
export const machines = { x64: 62, arm64: 183, ia32: 3 } as const;

/** A file that begins as a library of 64 bit does, of a size that its header agrees with. */
export function fakeLibrary(machine: number = machines.x64, size = 640, fill = 1): Buffer {
  const bytes = Buffer.alloc(size, fill);
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(bytes);
  bytes.writeUInt16LE(3, 16);
  bytes.writeUInt16LE(machine, 18);
  // Its table of sections: one entry of 64 bytes at the end.
  bytes.writeBigUInt64LE(BigInt(size - 64), 40);
  bytes.writeUInt16LE(64, 58);
  bytes.writeUInt16LE(1, 60);
  return bytes;
}

/** A file that begins as a macOS library does. */
export function fakeMachLibrary(cpu = 0x100000c): Buffer {
  const bytes = Buffer.alloc(256);
  bytes.writeUInt32BE(0xcffaedfe, 0);
  bytes.writeUInt32LE(cpu, 4);
  return bytes;
}

/** Writes files, given by path in `folder`. */
export async function writeFiles(
  folder: string,
  files: Readonly<Record<string, string | Buffer>>,
): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

/** The two libraries' names on Linux. */
export const libraries = ['libtensorflow_framework.so.2', 'libtensorflow_cc.so.2'] as const;

/** Writes both libraries into a folder. */
export async function writeLibraries(folder: string, bytes = fakeLibrary()): Promise<void> {
  await writeFiles(folder, { [libraries[0]]: bytes, [libraries[1]]: bytes });
}

/** CRC-32 as zip has it, bit by bit. */
function crc32(bytes: Uint8Array): number {
  let sum = -1;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

/** A zip archive. */
export function zip(files: Readonly<Record<string, Buffer>>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const packed = deflateRawSync(content);
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(8, 8);
    header.writeUInt32LE(crc32(content), 14);
    header.writeUInt32LE(packed.length, 18);
    header.writeUInt32LE(content.length, 22);
    header.writeUInt16LE(Buffer.byteLength(name), 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    header.copy(entry, 8, 6, 28);
    entry.writeUInt16LE(8, 10);
    entry.writeUInt32LE(offset, 42);
    parts.push(header, Buffer.from(name), packed);
    directory.push(entry, Buffer.from(name));
    offset += 30 + Buffer.byteLength(name) + packed.length;
  }
  const records = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(files).length, 8);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(records.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, records, end]);
}

/** What {@link makeWheel} makes. */
export interface WheelContent {
  readonly distribution?: string;
  readonly version?: string;
  readonly files?: Readonly<Record<string, Buffer>>;
  readonly metadata?: string;
  /** Changes the RECORD's lines. */
  readonly record?: (lines: string[]) => string[];
}

/** A wheel with libraries of a few hundred bytes; by default such as TensorFlow's for Linux on x64. */
export function makeWheel(content: WheelContent = {}): Buffer {
  const { distribution = 'tensorflow_cpu', version = '2.21.0', metadata = '', record } = content;
  const files = content.files ?? wheelLibraries(fakeLibrary());
  const info = `${distribution}-${version}.dist-info`;
  const lines = Object.entries(files).map(([name, bytes]) => {
    const hash = createHash('sha256').update(bytes).digest('base64url');
    return `${name},sha256=${hash},${bytes.length}`;
  });
  const text = (record?.(lines) ?? lines).join('\n');
  return zip({
    ...files,
    [`${info}/METADATA`]: Buffer.from(metadata),
    [`${info}/RECORD`]: Buffer.from(`${text}\n`),
  });
}

/** The two libraries as a wheel names them. */
export function wheelLibraries(bytes: Buffer): Record<string, Buffer> {
  return Object.fromEntries(libraries.map((name) => [`tensorflow/${name}`, bytes]));
}

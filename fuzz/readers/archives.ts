import { gzipSync } from 'node:zlib';
import { openZip, readGzip, readTar, unpackGzip, unpackXz } from '@overparam/dataset-files';
import { changeBytes } from '../mutations/bytes';
import type { Target } from '../mutations/target';
import { fileOf, fixture } from './files';

const tests = 'dataset-files/test/fixtures';
/** More than any of the fixtures holds. */
const limit = 2 ** 20;

/** A text of some lines, so that it can be packed. */
const content = Buffer.from(
  Array.from({ length: 400 }, (_, i) => `line ${i} of ${(i * 7919) % 1000}\n`).join(''),
);

/** Names and sizes are what was promised: nothing leaves the folder, nothing is longer than allowed. */
function checkEntries(value: unknown): string | null {
  const entries = value as [string, Uint8Array][];
  const unsafe = entries.find(([name]) => name.startsWith('/') || name.split('/').includes('..'));
  if (unsafe) return `the name ${JSON.stringify(unsafe[0])} leaves the folder`;
  const total = entries.reduce((sum, [, bytes]) => sum + bytes.length, 0);
  return total > limit ? `${total} bytes came out` : null;
}

/** Other contents that the format allows: the same ones again, or parts that were packed apart. */
function checkRepeated(value: unknown): string | null {
  const bytes = Buffer.from(value as Uint8Array);
  for (let at = 0; at < bytes.length; at += content.length) {
    if (!bytes.subarray(at, at + content.length).equals(content)) return 'other contents were accepted';
  }
  return null;
}

async function collected(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

/** Archives and packed files. */
export const archives: readonly Target[] = [
  {
    name: 'zip',
    // A name has no checksum; each member's contents have one.
    sealed: false,
    samples: () => Promise.all(['files.zip', 'zip64.zip'].map((name) => fixture(`${tests}/${name}`))),
    change: changeBytes,
    async read(bytes, folder) {
      const archive = await openZip(await fileOf(folder, 'a.zip', bytes));
      const entries: [string, Uint8Array][] = [];
      for (const [name, member] of archive.members) entries.push([name, await archive.bytes(member, limit)]);
      return entries;
    },
    check: checkEntries,
  },
  {
    name: 'tar',
    sealed: false,
    samples: () =>
      Promise.all(['files.tar', 'pax.tar', 'gnu.tar'].map((name) => fixture(`${tests}/${name}`))),
    change: changeBytes,
    read: async (bytes) =>
      (await readTar(bytes, { what: 'a.tar', limit })).map(({ name, bytes: found }) => [name, found]),
    check: checkEntries,
  },
  {
    name: 'gzip',
    sealed: false,
    samples: async () => [gzipSync(content), gzipSync(content, { level: 1 })],
    change: changeBytes,
    read: (bytes) => unpackGzip(bytes, limit, 'a.gz'),
    check: checkRepeated,
  },
  {
    name: 'gzip in pieces',
    sealed: false,
    samples: async () => [gzipSync(content)],
    change: changeBytes,
    read: async (bytes, folder) => collected(readGzip(await fileOf(folder, 'a.gz', bytes))),
    check: checkRepeated,
  },
  {
    name: 'xz',
    sealed: true,
    samples: () =>
      Promise.all(['crc32.xz', 'blocks.xz', 'delta1.xz'].map((name) => fixture(`${tests}/${name}`))),
    change: changeBytes,
    read: (bytes) => unpackXz(bytes, { limit }, 'a.xz'),
  },
];

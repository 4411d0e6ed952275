import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { readGzip, unpackGzip } from '../src/gzip';
import { code, content } from './content';

const packed = gzipSync(content);

/** Reads a file with these bytes in pieces. */
async function readFile(bytes: Uint8Array, progress?: (done: number) => void): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'overparam-gzip-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'content.gz');
  writeFileSync(path, bytes);
  const pieces: Uint8Array[] = [];
  for await (const piece of readGzip(path, progress)) pieces.push(piece);
  return Buffer.concat(pieces);
}

test('unpacks in memory and from a file', async () => {
  expect(new Uint8Array(await unpackGzip(packed, 5000, 'a.gz'))).toEqual(content);
  const seen: number[] = [];
  expect(new Uint8Array(await readFile(packed, (done) => seen.push(done)))).toEqual(content);
  expect(seen.at(-1)).toBe(packed.length);
});

test('no more comes out in memory than the limit says', async () => {
  await expect(unpackGzip(packed, 4999, 'a.gz')).rejects.toThrow(code('data-format'));
  const bomb = gzipSync(Buffer.alloc(1e7));
  await expect(unpackGzip(bomb, 5000, 'a.gz')).rejects.toThrow(/more than 5000 bytes/);
});

test('data that end early or are damaged are refused', async () => {
  for (const read of [readFile, (bytes: Uint8Array) => unpackGzip(bytes, 5000, 'a.gz')]) {
    await expect(read(packed.subarray(0, packed.length - 9))).rejects.toThrow(code('data-truncated'));
    await expect(read(Buffer.from('no gzip data'))).rejects.toThrow(code('data-format'));
    const damaged = Buffer.from(packed);
    damaged[damaged.length - 6]! ^= 1;
    await expect(read(damaged)).rejects.toThrow(code('data-format'));
  }
});

test('a file that is not there is an error of the file system', async () => {
  await expect(readGzip('/nowhere/a.gz').next()).rejects.toMatchObject({ code: 'ENOENT' });
});

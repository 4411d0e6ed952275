import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { prepareToWrite, writeFileAtomic } from '../src';

/** A folder with one file, `state.json`, that says `old`. */
async function oldFile(): Promise<{ readonly folder: string; readonly path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'overparam-files-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'state.json');
  await writeFile(path, 'old');
  return { folder, path };
}

test('an atomic write replaces the file and leaves nothing beside it', async () => {
  const { folder, path } = await oldFile();
  await writeFileAtomic(path, 'new');
  expect(await readFile(path, 'utf8')).toBe('new');
  await writeFileAtomic(path, Uint8Array.of(0, 255));
  expect([...(await readFile(path))]).toEqual([0, 255]);
  expect(await readdir(folder)).toEqual(['state.json']);
});

test('an atomic write that fails keeps the old file and leaves nothing beside it', async () => {
  const { folder, path } = await oldFile();
  const broken = { toString: () => 'no bytes' } as unknown as string;
  await expect(writeFileAtomic(path, broken)).rejects.toThrow();
  expect(await readFile(path, 'utf8')).toBe('old');
  expect(await readdir(folder)).toEqual(['state.json']);
});

test('a file written in pieces has its name only when all of them are there', async () => {
  const { folder, path } = await oldFile();
  const written = await writeFileAtomic(path, async (file) => {
    await file.write('first, ');
    expect(await readFile(path, 'utf8')).toBe('old');
    await file.write('second');
    return 2;
  });
  expect(written).toBe(2);
  expect(await readFile(path, 'utf8')).toBe('first, second');

  const failing = writeFileAtomic(path, async (file) => {
    await file.write('third');
    throw new Error('no more');
  });
  await expect(failing).rejects.toThrow('no more');
  expect(await readFile(path, 'utf8')).toBe('first, second');
  expect(await readdir(folder)).toEqual(['state.json']);
});

test('of many writers at once, one is whole', async () => {
  const { folder, path } = await oldFile();
  const texts = Array.from({ length: 20 }, (_, i) => `${i} `.repeat(20_000));
  await Promise.all(texts.map((text) => writeFileAtomic(path, text)));
  expect(texts).toContain(await readFile(path, 'utf8'));
  expect(await readdir(folder)).toEqual(['state.json']);
});

test('where no file can be made, that is said, before long work too', async () => {
  const { folder } = await oldFile();
  const wanted = { code: 'not-a-folder', message: expect.stringContaining('no file can be made in') };
  // As a folder of the kernel's is, or one that somebody removed.
  await expect(writeFileAtomic(join(folder, 'gone', 'state.json'), 'new')).rejects.toMatchObject(wanted);
  await prepareToWrite(join(folder, 'made', 'state.json'));
  expect(await readdir(join(folder, 'made'))).toEqual([]);
  await expect(prepareToWrite(join(folder, 'state.json', 'below'))).rejects.toThrow(/EEXIST|ENOTDIR/);
});

test.runIf(process.platform === 'linux')('a file system of the kernel takes no file', async () => {
  await expect(prepareToWrite('/proc/overparam.onnx')).rejects.toMatchObject({ code: 'not-a-folder' });
});

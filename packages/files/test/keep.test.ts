import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isWritableFolder, keepFile } from '../src';

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'overparam-files-'));
  onTestFinished(async () => {
    await chmod(folder, 0o755);
    await rm(folder, { recursive: true });
  });
  return folder;
}

test('a file is kept where the folder may be written', async () => {
  const folder = await temporaryFolder();
  expect(await isWritableFolder(folder)).toBe(true);
  expect(await keepFile(folder, 'a.bin', Uint8Array.of(1, 2))).toBe(true);
  expect([...(await readFile(join(folder, 'a.bin')))]).toEqual([1, 2]);
});

test('nothing is kept in a folder marked read-only, also by a superuser', async () => {
  const folder = await temporaryFolder();
  await chmod(folder, 0o555);
  expect(await isWritableFolder(folder)).toBe(false);
  expect(await keepFile(folder, 'a.bin', Uint8Array.of(1))).toBe(false);
  expect(await readdir(folder)).toEqual([]);
});

test('nothing is kept where there is no folder, nor in place of one', async () => {
  const folder = await temporaryFolder();
  expect(await keepFile(join(folder, 'none'), 'a.bin', Uint8Array.of(1))).toBe(false);
  await writeFile(join(folder, 'file'), '');
  expect(await isWritableFolder(join(folder, 'file'))).toBe(false);
  expect(await keepFile(folder, '.', Uint8Array.of(1))).toBe(false);
  expect(await readdir(folder)).toEqual(['file']);
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openZip } from '../src/zip';
import { code, content, fixture, fixturePath } from './content';

/** A file with these bytes. */
function fileOf(bytes: Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), 'overparam-zip-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'archive.zip');
  writeFileSync(file, bytes);
  return file;
}

/** Opens an archive and reads all that is in it. */
async function readAll(file: string): Promise<Map<string, Buffer>> {
  const archive = await openZip(file);
  const found = new Map<string, Buffer>();
  for (const [name, member] of archive.members) found.set(name, await archive.bytes(member, 1e6));
  return found;
}

test.each(['files.zip', 'zip64.zip'])('reads the members that Python wrote: %s', async (name) => {
  const archive = await openZip(fixturePath(name));
  expect([...archive.members.keys()]).toEqual(['folder/hello.txt', 'folder/content.bin', 'folder/größe.txt']);
  const member = archive.members.get('folder/content.bin')!;
  expect(member).toMatchObject({ size: 5000, compression: 8, encrypted: false });
  expect(new Uint8Array(await archive.bytes(member, 5000))).toEqual(content);
  const all = await readAll(fixturePath(name));
  expect(all.get('folder/hello.txt')!.toString()).toBe('hello');
  expect(all.get('folder/größe.txt')).toHaveLength(0);
});

test('two members can be read at the same time, and reading can stop anywhere', async () => {
  const archive = await openZip(fixturePath('files.zip'));
  const [hello, large] = [...archive.members.values()];
  const both = await Promise.all([archive.bytes(large!, 5000), archive.bytes(hello!, 5)]);
  expect(both.map(({ length }) => length)).toEqual([5000, 5]);
  for await (const piece of archive.read(large!)) {
    expect(piece.length).toBeGreaterThan(0);
    break;
  }
  await expect(archive.bytes(large!, 4999)).rejects.toThrow(code('data-format'));
});

test.each([
  ['a name that leaves the folder', 'outside.zip', 'data-unsafe'],
  ['a link', 'link.zip', 'data-unsafe'],
  ['a name that comes twice', 'twice.zip', 'data-format'],
])('%s is refused', async (_name, file, expected) => {
  await expect(openZip(fixturePath(file))).rejects.toThrow(code(expected));
});

test.each(['/etc/name1', 'C:/evil.txt', 'a\\..\\evil1', '../../evil1', 'a/../evil.t'])(
  'refuses the name %j',
  async (name) => {
    // In place of one of the same length, in both places.
    const bytes = fixture('files.zip');
    const given = 'folder/hello.txt';
    const wanted = name.padEnd(given.length, 'x');
    for (let at = bytes.indexOf(given); at >= 0; at = bytes.indexOf(given)) bytes.write(wanted, at);
    await expect(openZip(fileOf(bytes))).rejects.toThrow(code('data-unsafe'));
  },
);

test('members that are encrypted or packed otherwise are named when they are read', async () => {
  await expect(readAll(fixturePath('lzma.zip'))).rejects.toThrow(/packed by method 14/);
  const bytes = fixture('files.zip');
  const entry = bytes.lastIndexOf('folder/content.bin') - 46;
  bytes[entry + 8]! |= 1;
  await expect(readAll(fileOf(bytes))).rejects.toThrow(/content\.bin is encrypted/);
});

test('a member never gives more than its directory says, nor less', async () => {
  for (const [size, problem] of [
    [100, /longer than its directory says/],
    [5001, /ends early/],
  ] as const) {
    const bytes = fixture('files.zip');
    bytes.writeUInt32LE(size, bytes.lastIndexOf('folder/content.bin') - 46 + 24);
    const archive = await openZip(fileOf(bytes));
    let given = 0;
    const reading = async () => {
      for await (const piece of archive.read(archive.members.get('folder/content.bin')!))
        given += piece.length;
    };
    await expect(reading()).rejects.toThrow(problem);
    expect(given).toBeLessThanOrEqual(size);
  }
});

test('an archive cut anywhere is refused', async () => {
  const whole = fixture('files.zip');
  for (let length = 0; length < whole.length; length += 23) {
    await expect(openZip(fileOf(whole.subarray(0, length)))).rejects.toThrow(code('data-truncated'));
  }
});

test('an archive with a changed byte is refused with one kind of error, or what it holds is unchanged', async () => {
  const whole = fixture('files.zip');
  const expected = [...(await readAll(fixturePath('files.zip'))).values()];
  const codes = new Set<string>();
  for (let at = 0; at < whole.length; at += 7) {
    const damaged = Buffer.from(whole);
    damaged[at]! ^= 0x55;
    const outcome = await readAll(fileOf(damaged)).catch((error) => error);
    if (outcome instanceof Error) codes.add((outcome as Error & { code: string }).code);
    else expect([...outcome.values()]).toEqual(expected);
  }
  expect([...codes].sort()).toEqual(['data-checksum', 'data-format', 'data-truncated', 'data-unsafe']);
});

test('a directory at a place that no file has is an error, and ends no process', async () => {
  const bytes = fixture('zip64.zip');
  const locator = bytes.indexOf('PK\x06\x07', 0, 'latin1');
  bytes.writeBigUInt64LE(2n ** 62n, locator + 8);
  await expect(openZip(fileOf(bytes))).rejects.toThrow(code('data-truncated'));
});

test('a file that is not there is an error of the file system', async () => {
  await expect(openZip('/nowhere/a.zip')).rejects.toMatchObject({ code: 'ENOENT' });
});

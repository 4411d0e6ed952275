import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readTar } from '../src/tar';
import { makeTar } from './make-tar';

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url));
const entry = (name: string, type = '0') => ({ name, bytes: Buffer.from('content'), type });
const code = (expected: string) => expect.objectContaining({ code: expected });

test('reads the files of an archive that GNU tar wrote', () => {
  const entries = readTar(fixture('files.tar'), 'files.tar');
  expect(entries.map(({ name }) => name)).toContain('folder/content.bin');
  expect(Buffer.from(entries[0]!.bytes).toString()).toBe('hello');
  const content = entries.find(({ name }) => name === 'folder/content.bin')!.bytes;
  expect([...content]).toEqual(Array.from({ length: 5000 }, (_, i) => ((i * i) >> 3) & 255));
});

test('refuses links', () => {
  expect(() => readTar(fixture('link.tar'), 'link.tar')).toThrow(code('data-format'));
});

test.each(['../evil', 'a/../../evil', '/etc/passwd', 'a\\..\\evil', 'C:evil', 'a/\nb'])(
  'refuses the name %j',
  (name) => {
    expect(() => readTar(makeTar([entry('good'), entry(name)]), 'evil.tar')).toThrow(code('data-format'));
  },
);

test.each(['1', '2', '3', 'x', 'g', 'L'])('refuses entries of type %s', (type) => {
  expect(() => readTar(makeTar([entry('a', type)]), 'evil.tar')).toThrow(code('data-format'));
});

test('an archive cut anywhere is truncated, never read beyond its end', () => {
  const archive = makeTar([entry('a'), entry('b')]);
  for (const length of [0, 100, 512, 515, 1024, 1536, 2047]) {
    expect(() => readTar(archive.subarray(0, length), 'cut.tar')).toThrow(code('data-truncated'));
  }
  expect(readTar(archive.subarray(0, 2560), 'whole.tar')).toHaveLength(2);
});

test('a size beyond the archive is truncated; a size that is no number, or a damaged header, is refused', () => {
  const resized = (digits: string) => {
    const archive = makeTar([entry('a')]);
    archive.write(digits, 124);
    archive.write('        ', 148);
    const sum = archive.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    archive.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return archive;
  };
  expect(() => readTar(resized('77777777777\0'), 'big.tar')).toThrow(code('data-truncated'));
  expect(() => readTar(resized('-0000000001\0'), 'minus.tar')).toThrow(code('data-format'));
  const damaged = makeTar([entry('a')]);
  damaged[0] = 98;
  expect(() => readTar(damaged, 'damaged.tar')).toThrow(code('data-format'));
});

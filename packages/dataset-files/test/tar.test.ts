import { expect, test } from 'vitest';
import { readTar } from '../src/tar';
import { code, content, fixture } from './content';
import { makeTar } from './make-tar';

const entry = (name: string, type = '0') => ({ name, bytes: Buffer.from('content'), type });
const read = (archive: Uint8Array, what = 'test.tar') => readTar(archive, { what, limit: 1e6 });

/** An archive in pieces of `size` bytes. */
async function* pieces(archive: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < archive.length; at += size) yield archive.subarray(at, at + size);
}

test('reads the files of an archive that GNU tar wrote', async () => {
  const entries = await read(fixture('files.tar'));
  expect(entries.map(({ name }) => name)).toEqual(['folder/hello.txt', 'folder/content.bin']);
  expect(Buffer.from(entries[0]!.bytes).toString()).toBe('hello');
  expect(new Uint8Array(entries[1]!.bytes)).toEqual(content);
});

test.each(['pax.tar', 'gnu.tar'])('reads the long names of %s', async (name) => {
  const entries = await read(fixture(name));
  const long = `folder/${'x'.repeat(120)}/${'y'.repeat(120)}-größe.bin`;
  expect(entries.map((found) => found.name)).toEqual(['folder/hello.txt', long]);
  expect(new Uint8Array(entries[1]!.bytes)).toEqual(content);
});

test.each([1, 7, 511, 512, 513, 4096])('reads the same in pieces of %i bytes', async (size) => {
  for (const name of ['files.tar', 'pax.tar']) {
    const whole = await read(fixture(name));
    const parts = await readTar(pieces(fixture(name), size), { what: name, limit: 1e6 });
    const plain = (entries: typeof whole) => entries.map((found) => [found.name, Buffer.from(found.bytes)]);
    expect(plain(parts)).toEqual(plain(whole));
  }
});

test('files of an archive in one piece are views into it', async () => {
  const archive = fixture('files.tar');
  for (const { bytes } of await read(archive)) expect(bytes.buffer).toBe(archive.buffer);
});

test('only what is wanted is read, and counts', async () => {
  const archive = fixture('files.tar');
  const wanted = (name: string) => name === 'folder/hello.txt';
  expect((await readTar(archive, { what: 'a.tar', limit: 5, wanted })).map(({ name }) => name)).toEqual([
    'folder/hello.txt',
  ]);
  await expect(readTar(archive, { what: 'a.tar', limit: 5004 })).rejects.toThrow(code('data-format'));
  expect(await readTar(archive, { what: 'a.tar', limit: 5005 })).toHaveLength(2);
});

test('refuses links', async () => {
  await expect(read(fixture('link.tar'))).rejects.toThrow(code('data-unsafe'));
});

test('refuses sparse files, whose bytes are not all there', async () => {
  await expect(read(fixture('sparse.tar'))).rejects.toThrow(/sparse/);
});

const unsafe = ['../evil', 'a/../../evil', '/etc/passwd', 'a\\..\\evil', 'C:evil', 'a/\nb'];
test.each(unsafe)('refuses the name %j', async (name) => {
  const archive = makeTar([entry('good'), entry(name), entry('more')]);
  await expect(read(archive)).rejects.toThrow(code('data-unsafe'));
  // Also of a file that nobody wants, and in the middle of a stream.
  const wanted = () => false;
  await expect(readTar(pieces(archive, 600), { what: 'evil.tar', limit: 0, wanted })).rejects.toThrow(
    code('data-unsafe'),
  );
});

test.each(unsafe)('refuses the name %j in an extended header', async (name) => {
  const record = `path=${name}\n`;
  // The length of a record counts its own digits.
  const length = Buffer.byteLength(record) + 3;
  const header = { name: 'PaxHeaders/a', type: 'x', bytes: Buffer.from(`${length} ${record}`) };
  expect(header.bytes).toHaveLength(length);
  await expect(read(makeTar([header, entry('harmless')]))).rejects.toThrow(code('data-unsafe'));
});

test.each(['1', '2', '3', '4', '6'])('refuses entries of type %s', async (type) => {
  await expect(read(makeTar([{ name: 'a', bytes: Buffer.alloc(0), type }]))).rejects.toThrow(
    code('data-unsafe'),
  );
});

test('an archive cut anywhere is truncated, never read beyond its end', async () => {
  const archive = makeTar([entry('a'), entry('b')]);
  for (const length of [0, 100, 512, 515, 1024, 1536, 2047, 2048, 2560, 3071]) {
    await expect(read(archive.subarray(0, length))).rejects.toThrow(code('data-truncated'));
  }
  expect(await read(archive)).toHaveLength(2);
});

test('a size beyond the archive is truncated; one above the limit, that is no number, or a damaged header, is refused', async () => {
  const resized = (digits: string) => {
    const archive = makeTar([entry('a')]);
    archive.write(digits, 124);
    archive.write('        ', 148);
    const sum = archive.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    archive.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return archive;
  };
  const big = resized('77777777777\0');
  await expect(read(big)).rejects.toThrow(code('data-format'));
  await expect(readTar(big, { what: 'big.tar', limit: 2 ** 40, wanted: () => false })).rejects.toThrow(
    code('data-truncated'),
  );
  await expect(read(resized('00000003641\0'))).rejects.toThrow(code('data-truncated'));
  await expect(read(resized('-0000000001\0'))).rejects.toThrow(code('data-format'));
  const damaged = makeTar([entry('a')]);
  damaged[0] = 98;
  await expect(read(damaged)).rejects.toThrow(code('data-format'));
  await expect(read(Buffer.alloc(4096, 'text'))).rejects.toThrow(code('data-format'));
});

test('an error of what the archive comes from is passed on as it is', async () => {
  async function* failing() {
    yield fixture('files.tar').subarray(0, 1000);
    throw new Error('no more');
  }
  await expect(readTar(failing(), { what: 'a.tar', limit: 1e6 })).rejects.toThrow('no more');
});

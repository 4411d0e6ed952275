import { describe, expect, test } from 'vitest';
import { unpackXz } from '../src/xz';
import { code, content, fixture } from './content';

describe('unpacks what xz packed:', () => {
  test.each(['crc32.xz', 'blocks.xz', 'delta1.xz', 'delta3.xz', 'none.xz'])('%s', async (name) => {
    expect(await unpackXz(fixture(name), { expected: 5000 }, name)).toEqual(content);
  });
});

test('reports bytes done, up to all', async () => {
  const seen: number[] = [];
  await unpackXz(fixture('blocks.xz'), { expected: 5000 }, 'blocks.xz', (done) => seen.push(done));
  expect(seen.at(-1)).toBe(5000);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
});

test('a file cut anywhere is refused', async () => {
  const packed = fixture('delta1.xz');
  for (let length = 0; length < packed.length; length += 97) {
    await expect(unpackXz(packed.subarray(0, length), { expected: 5000 }, 'cut.xz')).rejects.toThrow(
      code('data-truncated'),
    );
  }
});

test('any changed byte is found', async () => {
  const packed = fixture('blocks.xz');
  for (let at = 0; at < packed.length; at += 31) {
    const damaged = Buffer.from(packed);
    damaged[at] = damaged[at]! ^ 0x10;
    const outcome = await unpackXz(damaged, { expected: 5000 }, 'damaged.xz').then(
      () => 'unpacked',
      (error: { code: string }) => error.code,
    );
    expect(['data-format', 'data-checksum', 'data-truncated'], `byte ${at}`).toContain(outcome);
  }
});

test('refuses other filters, other sizes and other formats', async () => {
  await expect(unpackXz(fixture('x86.xz'), { expected: 5000 }, 'x86.xz')).rejects.toThrow(/filter 0x4/);
  await expect(unpackXz(fixture('none.xz'), { expected: 4999 }, 'none.xz')).rejects.toThrow(
    code('data-format'),
  );
  await expect(unpackXz(fixture('none.xz'), { expected: 5001 }, 'none.xz')).rejects.toThrow(
    code('data-truncated'),
  );
  await expect(unpackXz(content, { expected: 5000 }, 'content.bin')).rejects.toThrow(/no xz file/);
});

test('unpacks up to a limit where the size is not known', async () => {
  expect(await unpackXz(fixture('blocks.xz'), { limit: 5000 }, 'blocks.xz')).toEqual(content);
  await expect(unpackXz(fixture('blocks.xz'), { limit: 4999 }, 'blocks.xz')).rejects.toThrow(
    code('data-format'),
  );
});

import { expect, test } from 'vitest';
import { crc32, crc64 } from '../src/cyclic';

// Check values of "123456789": https://reveng.sourceforge.io/crc-catalogue/ (CRC-32/ISO-HDLC, CRC-64/XZ).
test('cyclic sums have the published check values', () => {
  const digits = Buffer.from('123456789');
  expect(crc32(digits)).toBe(0xcbf43926);
  expect(crc64(digits)).toEqual([0xdf1939fa, 0x995dc9bb]);
});

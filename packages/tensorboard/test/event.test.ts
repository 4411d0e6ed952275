import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { crc32c, encodeEvent, encodeRecord, type TensorBoardEvent } from '../src';

test('the checksum is that of Castagnoli: vectors of RFC 3720, B.4', () => {
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd794e);
});

test("events are, byte for byte, those of TensorBoard's own writer", async () => {
  const events: TensorBoardEvent[] = [
    { wallTime: 1_700_000_000.25, step: 0, what: 'version' },
    { wallTime: 1_700_000_000.25, step: 0, what: 'start' },
    {
      wallTime: 1_700_000_060.5,
      step: 1,
      what: [
        { tag: 'test/class/top1Error', value: 62.5 },
        { tag: 'train/loss', value: 2.3125 },
      ],
    },
    {
      wallTime: 1_700_000_120.75,
      step: 2,
      what: [
        { tag: 'test/class/top1Error', value: 60.1 },
        { tag: 'train/loss', value: Number.NaN },
      ],
    },
    { wallTime: 1_700_000_181, step: 300, what: [{ tag: 'train/über/loss', value: -0.1 }] },
  ];
  const { hex } = JSON.parse(await readFile(new URL('./fixtures/events.json', import.meta.url), 'utf8')) as {
    hex: string;
  };
  const bytes = Buffer.concat(events.map((event) => encodeRecord(encodeEvent(event))));
  expect(bytes.toString('hex')).toBe(hex);
});

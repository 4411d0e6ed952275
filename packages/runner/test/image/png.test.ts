import fc from 'fast-check';
import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import { encodePng } from '../../src/image/png';

test('another decoder reads the same pixels', () => {
  const image = fc
    .record({ height: fc.integer({ min: 1, max: 9 }), width: fc.integer({ min: 1, max: 9 }) })
    .chain(({ height, width }) => {
      const length = height * width * 3;
      const pixels = fc.uint8Array({ minLength: length, maxLength: length });
      return fc.record({ height: fc.constant(height), width: fc.constant(width), pixels });
    });
  fc.assert(
    fc.property(image, ({ height, width, pixels }) => {
      const read = decode(encodePng(pixels, height, width), { checkCrc: true });
      expect([read.width, read.height, read.channels, read.depth]).toEqual([width, height, 3, 8]);
      expect([...read.data]).toEqual([...pixels]);
    }),
    { seed: 1 },
  );
});

test('a smooth picture takes less room than its pixels', () => {
  const pixels = Uint8Array.from({ length: 96 * 128 * 3 }, (_, at) => (Math.floor(at / 3) % 128) + (at % 3));
  expect(encodePng(pixels, 96, 128).length).toBeLessThan(pixels.length / 20);
});

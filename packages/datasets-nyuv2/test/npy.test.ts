import { readFileSync } from 'node:fs';
import { readNpy } from '@overparam/dataset-files';
import { isOverparamError } from '@overparam/errors';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { code, npyFile } from './support';

interface Fixture {
  readonly kind: string;
  readonly order: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly refused?: boolean;
  readonly file: string;
}
const fixtures: readonly Fixture[] = JSON.parse(
  readFileSync(new URL('fixtures/npy.json', import.meta.url), 'utf8'),
);
const bytesOf = ({ file }: Fixture) => Buffer.from(file, 'base64');

test('reads what NumPy wrote: every type, both byte orders, C and Fortran order', () => {
  const readable = fixtures.filter(({ refused }) => !refused);
  expect(readable).toHaveLength(18 * 2 * 4);
  for (const fixture of readable) {
    const { shape, data } = readNpy(bytesOf(fixture), `${fixture.kind} ${fixture.order}`);
    expect(shape).toEqual(fixture.shape);
    expect(Array.from(data), `${fixture.kind} ${fixture.order} ${shape}`).toEqual(fixture.values);
  }
});

test('refuses complex numbers, texts and records, naming the type', () => {
  const refused = fixtures.filter(({ refused }) => refused);
  expect(refused).toHaveLength(3);
  for (const fixture of refused) {
    expect(() => readNpy(bytesOf(fixture), 'odd.npy')).toThrow(code('data-format'));
  }
});

test('a file that is cut, or has more than it should, is refused', () => {
  const file = npyFile([3, 4], new Float32Array(12));
  for (let length = 0; length < file.length; length++) {
    expect(() => readNpy(file.subarray(0, length), 'cut.npy')).toThrow(code('data-truncated'));
  }
  expect(() => readNpy(Buffer.concat([file, Buffer.of(0)]), 'long.npy')).toThrow(code('data-format'));
});

test.each([
  "{'descr': '<f4', 'fortran_order': False}",
  "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'shape': (2,), }",
  "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1, }",
  "{'descr': '<f4', 'fortran_order': 0, 'shape': (2,), }",
  "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }",
  "{'descr': '<f4', 'fortran_order': False, 'shape': (99999, 99999, 99999), }",
  "{'descr': '<f4', 'fortran_order': False, 'shape': (2**9,), }",
  "{'descr': '|O', 'fortran_order': False, 'shape': (2,), }",
  "{'descr': '<constructor', 'fortran_order': False, 'shape': (2,), }",
  "{'descr': '<f4', 'fortran_order': False, 'shape': __import__('os'), }",
  "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), } + {}",
  '',
])('refuses the header %j', (text) => {
  const head = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 128, 0]);
  const file = Buffer.concat([head, Buffer.from(text.padEnd(128)), Buffer.alloc(8)]);
  expect(() => readNpy(file, 'evil.npy')).toThrow(code('data-format'));
});

test('whatever is changed in a header, the file is read as one of its size, or refused with one kind of error', () => {
  const file = npyFile([3, 4, 2], new Float32Array(24).fill(1));
  const change = fc.tuple(fc.nat(file.length - 1), fc.nat(255));
  const outcomes = new Set<string>();
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const damaged = Buffer.from(file);
      for (const [at, byte] of changes) damaged[at % 96] = byte;
      try {
        const { shape, data } = readNpy(damaged, 'fuzzed.npy');
        expect(data.length).toBe(shape.reduce((product, size) => product * size, 1));
        expect(data.length).toBeLessThanOrEqual(96);
        outcomes.add('read');
      } catch (error) {
        if (!isOverparamError(error)) throw error;
        outcomes.add(error.code);
      }
    }),
    { numRuns: 3000 },
  );
  expect(outcomes).toContain('data-format');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, keepMagic) => {
      const start = keepMagic ? file.subarray(0, 8) : Buffer.alloc(0);
      expect(() => readNpy(Buffer.concat([start, bytes]), 'noise.npy')).toThrow(/noise\.npy/);
    }),
  );
});

import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { chooseExamples } from '../src';

const sha256 = (places: Uint32Array) =>
  createHash('sha256').update(new Uint8Array(places.buffer)).digest('hex');
const all = { limit: {}, holdOut: 0, holdOutSeed: 0 };

// Written down when each dataset had its own code for it: runs of then and now hold out the same examples.
test.each([
  [
    { train: 50_000, test: 10_000 },
    { holdOut: 5000, holdOutSeed: 0 },
    [6, 9, 24, 26, 45, 46, 79, 98],
    '5302b89d2e513fb1db10a7cc4f539f70eedd33c76ac9354731826872915acf0f',
    'e3f90afd05f54b3ac0789e087e766adb704391e1d238e59e49008ebcb85a8152',
  ],
  [
    { train: 795, test: 654 },
    { holdOut: 100, holdOutSeed: 0 },
    [2, 3, 8, 17, 45, 48, 52, 61],
    '850e478a5618b4e9a745a117084b8bd1b8e4f9981be66ed5122a2398ea3890a0',
    'a0ab37d55ff00d8040e2c1c4f74ff1baca17b1234c8f230663895e5f220b9493',
  ],
])('of %j, the same are held out as ever', (counts, choice, first, held, kept) => {
  const { train, val, test: tested } = chooseExamples(counts, { ...all, ...choice });
  expect([...val!.slice(0, 8)]).toEqual(first);
  expect([sha256(val!), sha256(train)]).toEqual([held, kept]);
  expect(tested).toHaveLength(counts.test);
});

test('without holding out there is no val, and all are there in order', () => {
  const { train, val, test: tested } = chooseExamples({ train: 5, test: 3 }, all);
  expect([[...train], val, [...tested]]).toEqual([[0, 1, 2, 3, 4], undefined, [0, 1, 2]]);
});

test('the limit comes before holding out, and may be more than there are', () => {
  const {
    train,
    val,
    test: tested,
  } = chooseExamples({ train: 100, test: 3 }, { limit: { train: 10, test: 99 }, holdOut: 4, holdOutSeed: 3 });
  expect([...val!]).toEqual([1, 5, 6, 7]);
  expect([...train, ...val!].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(tested).toHaveLength(3);
});

test('nothing left to train on is refused', () => {
  expect(() => chooseExamples({ train: 5, test: 3 }, { ...all, holdOut: 5 })).toThrow(
    expect.objectContaining({
      code: 'invalid-options',
      message: expect.stringMatching(/holdOut is 5.*only 5/),
    }),
  );
});

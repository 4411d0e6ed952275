import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { officialFrames, officialSplits } from '../src/official-splits';
import { officialCounts } from '../src/scene';

const sha256 = (frames: readonly number[]) => createHash('sha256').update(frames.join(' ')).digest('hex');

test('every frame is in one split, ascending, and there are as many as published', () => {
  const { train, test: tested } = officialSplits();
  expect({ train: train.length, test: tested.length }).toEqual(officialCounts);
  expect([...train, ...tested].sort((a, b) => a - b)).toEqual(
    Array.from({ length: officialFrames }, (_, index) => index + 1),
  );
  for (const frames of [train, tested]) {
    expect(frames.every((frame, index) => index === 0 || frame > frames[index - 1]!)).toBe(true);
  }
});

// Of the lists that FCN and BTS publish: fixtures/official-splits.py.
test('the splits are those that others took from splits.mat', () => {
  const { train, test: tested } = officialSplits();
  expect(sha256(train)).toBe('36a3cf1013f39fc64904bd51d8f1a0d638d0b193290e74d1e555a16e9967e7c4');
  expect(sha256(tested)).toBe('cdad6b1082ddd75f0702046db722c3caa3abf67d7c42b570f5ccdf5971729dbd');
});

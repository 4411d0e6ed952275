import { expand, parametersOf } from '@overparam/core-reparam';
import { keyFromSeed, useEngine } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { orepa } from '../src';
import { frequencyPrior } from '../src/prior';

beforeAll(async () => {
  await useEngine('cpu');
});

/** First values of one number a channel, by name. */
function scalesOf(kernelSize: number, options: object = {}): Record<string, number> {
  const model = tf.sequential({
    layers: [tf.layers.conv2d({ name: 'conv', inputShape: [6, 6, 2], filters: 3, kernelSize })],
  });
  const expanded = expand(model, { method: orepa, options, key: keyFromSeed(1) });
  const scales = parametersOf(expanded).filter(({ role }) => role === 'scale');
  const found = scales.map(({ name, variable }) => {
    const values = [...variable.dataSync()];
    expect(new Set(values).size).toBe(1);
    return [name.replace('conv/', ''), values[0]!] as const;
  });
  for (const each of [model, expanded]) each.dispose();
  return Object.fromEntries(found);
}

test('scales begin as those of the released code', () => {
  expect(scalesOf(3)).toEqual({
    origin_scale: 0.25,
    average_scale: 0.25,
    prior_scale: 0,
    stacked_scale: 0.5,
    pointwise_scale: 1,
    separable_scale: 0.5,
  });
  expect(scalesOf(1)).toEqual({ origin_scale: 1, pair_scale: 0.5 });
});

test('one first scale can be given, and the others stay', () => {
  expect(scalesOf(3, { scales: { prior: 0.125 } })).toMatchObject({ prior_scale: 0.125, origin_scale: 0.25 });
});

test('the prior is a cosine along columns in one half of the channels and along rows in the other', () => {
  const prior = frequencyPrior([3, 3], 4);
  const values = prior.arraySync();
  prior.dispose();
  // cos(pi / 6), cos(pi / 2), cos(5 pi / 6): the first frequency of three points.
  const first = [Math.sqrt(3) / 2, 0, -Math.sqrt(3) / 2];
  // cos(pi / 3), cos(pi), cos(5 pi / 3): the second.
  const second = [0.5, -1, 0.5];
  for (const [h, row] of values.entries())
    for (const [w, [a, b, c, d]] of row.entries()) {
      expect(a).toBeCloseTo(first[h]!, 6);
      expect(b).toBeCloseTo(second[h]!, 6);
      expect(c).toBeCloseTo(first[w]!, 6);
      expect(d).toBeCloseTo(second[w]!, 6);
    }
});

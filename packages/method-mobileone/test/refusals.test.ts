import { expand } from '@overparam/core-reparam';
import { keyFromSeed, useEngine } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { mobileone } from '../src';

beforeAll(async () => {
  await useEngine('cpu');
});

function attempt(kernelSize: [number, number], options: object = {}): () => void {
  const model = tf.sequential({
    layers: [tf.layers.conv2d({ name: 'conv', inputShape: [6, 6, 2], filters: 2, kernelSize })],
  });
  return () => {
    try {
      expand(model, { method: mobileone, options, select: 'conv', key: keyFromSeed(1) }).dispose();
    } finally {
      model.dispose();
    }
  };
}

test('a kernel that it cannot take is refused with the layer and the reason', () => {
  expect(attempt([2, 2])).toThrow('[mobileone] layer "conv"');
  expect(attempt([2, 2])).toThrow('has no centre');
  expect(attempt([3, 4])).toThrow('has no centre');
});

test('impossible options are refused by name', () => {
  expect(attempt([3, 3], { branches: 0 })).toThrow('branches is an integer of at least 1');
});

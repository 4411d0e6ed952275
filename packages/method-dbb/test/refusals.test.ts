import { expand } from '@overparam/core-reparam';
import { keyFromSeed, useEngine } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { dbb } from '../src';

beforeAll(async () => {
  await useEngine('cpu');
});

function attempt(kernelSize: [number, number], options: object = {}): () => void {
  const model = tf.sequential({
    layers: [tf.layers.conv2d({ name: 'conv', inputShape: [6, 6, 2], filters: 2, kernelSize })],
  });
  return () => {
    try {
      expand(model, { method: dbb, options, select: 'conv', key: keyFromSeed(1) }).dispose();
    } finally {
      model.dispose();
    }
  };
}

test('a kernel that it cannot take is refused with the layer and the reason', () => {
  expect(attempt([1, 1])).toThrow('[dbb] layer "conv"');
  expect(attempt([1, 1])).toThrow('kernel size 1x1 is not supported');
  expect(attempt([3, 2])).toThrow('has no centre');
});

test('impossible options are refused by name', () => {
  expect(attempt([3, 3], { internalChannels: 0 })).toThrow('internalChannels');
});

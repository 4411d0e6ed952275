import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { useEngine } from '../src';

// The gradient of an embedding is a sum over segments, which the wasm backend has no kernel for.
test.each(['wasm', 'cpu'] as const)('rows are summed by segment on %s', async (engine) => {
  await useEngine(engine);
  const x = tf.tensor([1, 2, 3, 4, 5, 6, 7, 8], [4, 2]);
  const sums = tf.unsortedSegmentSum(x, tf.tensor1d([2, 0, 2, 1], 'int32'), 4);
  expect([...sums.dataSync()]).toEqual([3, 4, 7, 8, 6, 8, 0, 0]);
  const words = tf.tensor2d([1, 0, 1, 1], [2, 2], 'int32');
  const gradient = tf.grad((table: tf.Tensor) =>
    tf.gather(table, words).mul(tf.range(1, 5).reshape([2, 2, 1])),
  )(tf.zeros([3, 2]));
  // Word 1 stands at weights 1, 3 and 4, word 0 at 2, word 2 nowhere.
  expect([...gradient.dataSync()]).toEqual([2, 2, 8, 8, 0, 0]);
});

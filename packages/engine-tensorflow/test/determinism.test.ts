import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { registerTensorflow } from '../src';
import type { TensorFlowBackend } from '../src/backend/backend';
import { libraryIsThere } from './library';

describe.skipIf(!libraryIsThere())('a compiled step', () => {
  beforeAll(async () => {
    registerTensorflow();
    await tf.setBackend('tensorflow');
  });

  test.each([
    ['addN', (terms: readonly tf.Tensor[]) => tf.addN([...terms])],
    ['add after add', (terms: readonly tf.Tensor[]) => terms.reduce((sum, term) => tf.add(sum, term))],
  ])('gives the same bits at each call, whatever is ready first: %s', (_, sumOf) => {
    const x = tf.randomNormal([64, 64], 0, 1, 'float32', 1);
    const backend = tf.backend() as unknown as TensorFlowBackend;
    const step = backend.compileStep(({ a }) => {
      // Many sums of terms that others read at the same time.
      const groups = Array.from({ length: 40 }, (_, group) => {
        const terms = Array.from({ length: 5 }, (_, index) => tf.tanh(tf.mul(a!, group + index + 0.3)));
        const readers = terms.map((term) => tf.sum(tf.exp(term)));
        return { sum: sumOf(terms), read: tf.stack(readers) };
      });
      return {
        sum: tf.keep(tf.stack(groups.map(({ sum }) => sum))),
        read: tf.keep(tf.stack(groups.map(({ read }) => read))),
      };
    });
    const bits = () => {
      const { sum, read } = step({ a: x });
      const values = Buffer.from((sum!.dataSync() as Float32Array).slice().buffer).toString('base64');
      tf.dispose([sum!, read!]);
      return values;
    };
    const found = new Set(Array.from({ length: 200 }, bits));
    expect(found.size).toBe(1);
    step.dispose();
    x.dispose();
  });
});

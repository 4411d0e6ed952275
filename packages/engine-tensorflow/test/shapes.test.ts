import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { TensorFlowBackend } from '../src/backend/backend';
import { registerTensorflow } from '../src/index';
import { libraryIsThere } from './library';

describe.skipIf(!libraryIsThere())('a compiled step whose input has another shape at each call', () => {
  beforeAll(async () => {
    registerTensorflow();
    await tf.setBackend('tensorflow');
  });

  test('works, warns once, and keeps 16 functions with what they hold', () => {
    const backend = tf.backend() as unknown as TensorFlowBackend;
    const { binding } = backend;
    const total = tf.variable(tf.scalar(0));
    // Too large to be written into the function: each of them holds it as an argument.
    const large = tf.ones([100]);
    const step = backend.compileStep(({ x }) => {
      total.assign(tf.add(total, tf.sum(x!)));
      return { y: tf.add(tf.sum(large), tf.sum(x!)) };
    });
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const added = vi.spyOn(binding, 'addFunction');
    const removed = vi.spyOn(binding, 'removeFunction');
    const call = (size: number) => tf.tidy(() => step({ x: tf.ones([size]) }).y!.dataSync()[0]);
    try {
      expect(call(1)).toBe(101);
      const handles = binding.getNumOfTensors();
      const tensors = tf.memory().numTensors;
      for (let size = 2; size <= 40; size++) {
        expect(call(size)).toBe(100 + size);
        expect(added.mock.calls.length - removed.mock.calls.length).toBe(Math.min(size, 16));
        expect(binding.getNumOfTensors() - handles).toBeLessThanOrEqual(15);
      }
      expect(tf.memory().numTensors).toBe(tensors);
      expect(total.dataSync()[0]).toBe((40 * 41) / 2);
      expect(warn.mock.calls).toEqual([[expect.stringMatching(/traced 12 times, last for x:float32\[12\]/)]]);
      // One that went comes back by another trace, one that stayed without.
      const traced = added.mock.calls.length;
      expect(call(40)).toBe(140);
      expect(added.mock.calls.length).toBe(traced);
      expect(call(1)).toBe(101);
      expect(added.mock.calls.length).toBe(traced + 1);
      expect(warn).toHaveBeenCalledTimes(1);
      step.dispose();
      expect(removed.mock.calls.length).toBe(added.mock.calls.length);
    } finally {
      warn.mockRestore();
      added.mockRestore();
      removed.mockRestore();
    }
  });
});

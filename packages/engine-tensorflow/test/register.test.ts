import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { startTensorflow, tensorflowInfo } from '../src/index';
import { libraryIsThere } from './library';

const code = (expected: string) => expect.objectContaining({ code: expected });

describe('the options that TensorFlow starts with', () => {
  test.each([0, -1, 1.5, 1025, Number.NaN, '2' as unknown as number])(
    'threads cannot be %s',
    async (threads) => {
      await expect(startTensorflow({ threads })).rejects.toThrow(code('options'));
      await expect(startTensorflow({ threads })).rejects.toThrow(/threads is .*whole number from 1 to 1024/);
    },
  );

  test('the device is one of three', async () => {
    await expect(startTensorflow({ device: 'tpu' as 'gpu' })).rejects.toThrow(code('options'));
  });
});

describe.skipIf(!libraryIsThere())('starting', () => {
  test('without the GPU that was asked for is an error; with options, only once', async () => {
    const failure = await startTensorflow({ device: 'gpu' }).then(
      () => null,
      (error: unknown) => error,
    );
    const used = failure === null ? ({ device: 'gpu' } as const) : ({ device: 'cpu', threads: 2 } as const);
    if (failure !== null) {
      expect(failure).toEqual(code('gpu-missing'));
      expect(failure).toHaveProperty('message', expect.stringMatching(/finds no GPU, only .*CPU:0/));
    }
    await startTensorflow(used);
    await tf.setBackend('tensorflow');
    expect(tensorflowInfo().devices.some(({ type }) => type === 'GPU')).toBe(failure === null);
    expect(tf.add(1, 2).dataSync()[0]).toBe(3);
    // What is in use may be said again, also by its defaults.
    await startTensorflow();
    await startTensorflow({ ...used, memoryGrowth: true });
    // What is left out stays as it is.
    await startTensorflow({});
    await startTensorflow({ memoryGrowth: true });
    for (const other of [{ threads: 3 }, { ...used, memoryGrowth: false }, { device: 'auto' as const }]) {
      await expect(startTensorflow(other)).rejects.toThrow(code('already-started'));
    }
    await expect(startTensorflow({ threads: 3 })).rejects.toThrow(/cannot change to .*"threads":3/);
    await startTensorflow(used);
  });
});

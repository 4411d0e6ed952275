import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { randomBits } from '../../engine/src/random';
import type { TensorFlowBackend } from '../src/backend/backend';
import { registerTensorflow, statelessBits, statelessUniform } from '../src/index';
import { libraryIsThere } from './library';

describe.skipIf(!libraryIsThere())('stateless randomness', () => {
  beforeAll(async () => {
    registerTensorflow();
    await tf.setBackend('tensorflow');
  });

  // The generator's known answers, https://github.com/DEShawResearch/random123 (tests/kat_vectors).
  test.each([
    [
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
  ])('gives the published words for key %j and counter 0', (key, expected) => {
    const bits = statelessBits(tf.tensor1d(key, 'int32'), [4]);
    expect([...bits.dataSync()].map((word) => word >>> 0)).toEqual(expected);
    const uniform = statelessUniform(tf.tensor1d(key, 'int32'), [2, 2]);
    expect(uniform.shape).toEqual([2, 2]);
    expect([...uniform.dataSync()]).toEqual(expected.map((word) => (word >>> 8) / 2 ** 24));
  });

  test('gives the words of the generator in JavaScript for other keys, block after block', () => {
    const words = randomBits([2024, 7], 16);
    for (let at = 0; at < words.length; at += 2) {
      const key = [words[at]!, words[at + 1]!] as const;
      const bits = statelessBits(tf.tensor1d(Int32Array.from(key), 'int32'), [10, 100]);
      expect(Uint32Array.from(bits.dataSync())).toEqual(randomBits(key, 1000));
    }
  });

  test('draws anew in a compiled step, by its key alone', () => {
    const step = (tf.backend() as unknown as TensorFlowBackend).compileStep(({ key }) => ({
      draw: statelessBits(key as tf.Tensor1D, [1000]),
    }));
    const draw = (low: number) => [...step({ key: tf.tensor1d([low, 5], 'int32') }).draw!.dataSync()];
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(draw(1)).toEqual([...statelessBits(tf.tensor1d([1, 5], 'int32'), [1000]).dataSync()]);
  });
});

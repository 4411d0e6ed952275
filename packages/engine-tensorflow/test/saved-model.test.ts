import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeSavedModel, loadSavedModel } from '../src/index';
import { libraryIsThere } from './library';

describe.skipIf(!libraryIsThere())('SavedModels', () => {
  let folder: string;

  beforeEach(async () => {
    await tf.setBackend('tensorflow');
    folder = await mkdtemp(join(tmpdir(), 'overparam-saved-model-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const floats = (shape: number[], data: number[]) => ({
    shape,
    data: Float32Array.from(data),
    dtype: 'float32' as const,
  });

  test('a function is loaded through the C API, with its weights, for any number of examples', async () => {
    const weights = tf.variable(tf.tensor2d([[1], [10], [100]]));
    const before = tf.memory().numTensors;
    const { bytes, inputs, outputs } = encodeSavedModel(
      ({ 'a/x': x }) => ({ y: tf.matMul(tf.reshape(x!, [x!.shape[0]!, 3]), weights) as tf.Tensor, same: x! }),
      { 'a/x': { shape: [null, 1, 3] } },
    );
    expect(tf.memory().numTensors).toBe(before);
    expect([inputs['a/x']!.shape, outputs.y!.shape]).toEqual([
      [-1, 1, 3],
      [-1, 1],
    ]);
    weights.dispose();
    await writeFile(join(folder, 'saved_model.pb'), bytes);
    const loaded = loadSavedModel(folder);
    expect([loaded.inputs, [...loaded.outputs].sort()]).toEqual([['a/x'], ['same', 'y']]);
    for (const n of [1, 4]) {
      const data = Array.from({ length: 3 * n }, (_, index) => index);
      const found = loaded.run({ 'a/x': floats([n, 1, 3], data) });
      const wanted = Array.from(
        { length: n },
        (_, i) => data[3 * i]! + 10 * data[3 * i + 1]! + 100 * data[3 * i + 2]!,
      );
      expect([[...(found.y as Float32Array)], [...(found.same as Float32Array)]]).toEqual([wanted, data]);
    }
    loaded.dispose();
  });

  test('a number of examples that is fixed stays fixed', async () => {
    const { bytes, outputs } = encodeSavedModel(({ x }) => ({ y: tf.mean(x!) }), { x: { shape: [2, 2] } });
    expect(outputs.y!.shape).toEqual([]);
    await writeFile(join(folder, 'saved_model.pb'), bytes);
    const loaded = loadSavedModel(folder);
    expect([...(loaded.run({ x: floats([2, 2], [1, 2, 3, 6]) }).y as Float32Array)]).toEqual([3]);
    loaded.dispose();
  });

  test('sides that grow with the number of examples are computed, and constants filled in', async () => {
    const run = ({ x }: Record<string, tf.Tensor>) => {
      const [n] = x!.shape as [number];
      const filters = tf.ones([1, 2, 1, 1]) as tf.Tensor4D;
      const image = tf.reshape(x!, [n, 1, 2, 1]) as tf.Tensor4D;
      const large = tf.conv2dTranspose(image, filters, [n, 1, 4, 1], [1, 2], 'same');
      return { y: tf.add(tf.reshape(large, [2 * n, 2]), tf.fill([2 * n, 2], 0.5)) as tf.Tensor };
    };
    const { bytes } = encodeSavedModel(run as never, { x: { shape: [null, 2] } });
    await writeFile(join(folder, 'saved_model.pb'), bytes);
    const loaded = loadSavedModel(folder);
    for (const n of [1, 5]) {
      const data = Array.from({ length: 2 * n }, (_, index) => index);
      const { y } = loaded.run({ x: floats([n, 2], data) });
      expect([...(y as Float32Array)]).toEqual(data.flatMap((value) => [value + 0.5, value + 0.5]));
    }
    loaded.dispose();
    expect(Buffer.compare(bytes, encodeSavedModel(run as never, { x: { shape: [null, 2] } }).bytes)).toBe(0);
  });

  test('a number of examples that the graph computes with cannot be left open', () => {
    const run = ({ x }: Record<string, tf.Tensor>) => ({ y: tf.mul(x!, x!.shape[0]!) as tf.Tensor });
    expect(() => encodeSavedModel(run as never, { x: { shape: [null, 2] } })).toThrow(
      expect.objectContaining({ code: 'batch-fixed', message: expect.stringContaining('--batch 1') }),
    );
  });

  test('sides that are open are refused', () => {
    const run = ({ x }: Record<string, tf.Tensor>) => ({ y: x! });
    expect(() => encodeSavedModel(run as never, { x: { shape: [null, null, 2] } })).toThrow(
      expect.objectContaining({ code: 'open-shape' }),
    );
  });

  test('a damaged file is an error of TensorFlow', async () => {
    await writeFile(join(folder, 'saved_model.pb'), 'no');
    expect(() => loadSavedModel(folder)).toThrow(expect.objectContaining({ code: 'tensorflow' }));
  });
});

import { fixed } from '@overparam/balancers';
import { plain } from '@overparam/core-reparam';
import { type EngineName, keyFromSeed, normalTensor, useEngine } from '@overparam/engine';
import { locate } from '@overparam/engine-tensorflow/library';
import { regression } from '@overparam/mtl-heads';
import { expandNetwork, trainingStep, withOptions } from '@overparam/training';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';

const native = await locate().then(
  () => true,
  () => false,
);

const tasks = [regression({ name: 'task', shape: [2] })];

/** Two convolutions with pooling and a rectifier between them, which make a plain number of what is none on stock engines. */
function network() {
  const input = tf.input({ shape: [8, 8, 2], name: 'x' });
  const apply = (layer: tf.layers.Layer, x: tf.SymbolicTensor) => layer.apply(x) as tf.SymbolicTensor;
  let x = apply(tf.layers.maxPooling2d({ name: 'first_pool', poolSize: 2 }), input);
  x = apply(tf.layers.conv2d({ name: 'first', filters: 4, kernelSize: 3, padding: 'same' }), x);
  x = apply(tf.layers.maxPooling2d({ name: 'second_pool', poolSize: 2 }), x);
  x = apply(tf.layers.reLU({ name: 'rectifier' }), x);
  x = apply(tf.layers.flatten({ name: 'flat' }), x);
  const output = apply(tf.layers.dense({ name: 'task_out', units: 2 }), x);
  const model = tf.model({ inputs: input, outputs: output });
  const expanded = expandNetwork(model, { method: plain, tasks, key: keyFromSeed(1) });
  model.dispose();
  return expanded;
}

/** The error of a step, null where there is none. */
async function errorOf(spoil: { readonly pixel?: number; readonly kernel?: number }) {
  const net = network();
  const options = { balancer: withOptions(fixed, { weights: [1] }), optimiser: { name: 'sgd' } } as const;
  const step = trainingStep({ ...options, network: net, tasks });
  const noise = normalTensor(keyFromSeed(2), [3, 8, 8, 2], 0, 1);
  const pixels = noise.dataSync().slice();
  if (spoil.pixel !== undefined) pixels[70] = spoil.pixel;
  if (spoil.kernel !== undefined) {
    const variable = net.model.getLayer('first').trainableWeights.find(({ shape }) => shape.length === 4)!;
    const values = variable.read().dataSync().slice();
    values[0] = spoil.kernel;
    tf.tidy(() => {
      variable.write(tf.tensor(values, variable.shape as number[]));
    });
  }
  const batch = {
    x: tf.tensor(pixels, [3, 8, 8, 2]),
    'label/task': normalTensor(keyFromSeed(3), [3, 2], 0, 1),
  };
  try {
    await step(batch, { rate: 0.01 });
    return null;
  } catch (error) {
    return error as { code: string; message: string };
  } finally {
    step.dispose();
    tf.dispose([batch, noise]);
    net.model.dispose();
  }
}

describe.each<EngineName>(['cpu', 'wasm', 'tensorflow'])(
  'on %s, pooling hides nothing from training',
  (name) => {
    const runs = test.skipIf(name === 'tensorflow' && !native);

    runs('of one pixel that is no number', async () => {
      await useEngine(name);
      expect(await errorOf({})).toBeNull();
      const error = await errorOf({ pixel: Number.NaN });
      expect(error?.code).toBe('non-finite');
      expect(error?.message).toContain('the input images');
    });

    runs('of a kernel that is no number', async () => {
      await useEngine(name);
      const error = await errorOf({ kernel: Number.NaN });
      expect(error?.code).toBe('non-finite');
      expect(error?.message).toContain('layer "first"');
    });
  },
);

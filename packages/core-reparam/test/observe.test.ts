import { keyFromSeed, useEngine } from '@overparam/engine';
import type { Method, Tensors } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { batchesToObserve, expand, gradientMaps, observe, plain } from '../src';
import { weightSpace } from '../src/spaces/weight-space';

beforeAll(async () => {
  await useEngine('cpu');
});

/** A method whose map is the mean of what comes in, all the same for each tap. */
function watching(given: (mean: tf.Tensor) => Tensors): Method {
  return {
    apiVersion: 1,
    name: 'watching',
    summary: 'A map that is the mean of the input.',
    options: z.strictObject({ start: z.literal('preserve').default('preserve') }),
    supports: () => true,
    expand: (site) => ({
      ...weightSpace(site, {
        parameters: [{ name: 'kernel', shape: site.kernelShape, role: 'plain', continues: 'kernel' }],
        state: [{ name: 'map', shape: [] }],
        kernel: ({ kernel }) => kernel as tf.Tensor4D,
        initialise: ({ kernel }) => ({ kernel: kernel.clone(), map: tf.scalar(1) }),
        decay: 'parameters',
      }),
      gradientMaps: ({ map }) => ({ kernel: map! }),
      observation: {
        every: 3,
        after: 2,
        batches: 2,
        observe: async (inputs) => tf.tidy(() => given(tf.concat([...inputs]).mean())),
      },
    }),
  };
}

function network(method: Method) {
  const dense = { kernelInitializer: 'ones', useBias: false } as const;
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ name: 'first', inputShape: [4, 4, 1], filters: 1, kernelSize: 1, ...dense }),
      tf.layers.conv2d({ name: 'second', filters: 1, kernelSize: 1, ...dense }),
    ],
  });
  const selections = [{ method, select: 'second' }, { method: plain }];
  const expanded = expand(model, { selections, key: keyFromSeed(1) });
  model.dispose();
  return expanded;
}

const mapOf = (model: tf.LayersModel) =>
  tf.tidy(() => gradientMaps(model).get('second/kernel')!.dataSync()[0]);

test('looks are due at the first epoch after the wait and at every third, and when a stage begins', () => {
  const model = network(watching((map) => ({ map })));
  const due = [0, 1, 2, 3, 4, 5, 6].map((epoch) => batchesToObserve(model, { epoch }));
  expect(due).toEqual([0, 0, 2, 2, 0, 0, 2]);
  expect(batchesToObserve(model, { epoch: 4, begins: true })).toBe(2);
  expect(batchesToObserve(model, { epoch: 1, begins: true })).toBe(0);
  model.dispose();
});

test('a layer sees its own input of as many batches as it asks for, and no tensor is left', async () => {
  const model = network(watching((map) => ({ map })));
  const batches = [1, 2, 30].map((value) => tf.fill([2, 4, 4, 1], value));
  const before = tf.memory().numTensors;
  await observe(model, batches, { epoch: 2 });
  expect(tf.memory().numTensors).toBe(before);
  expect(mapOf(model)).toBe(1.5);
  await observe(model, [batches[2]!], { epoch: 4 });
  expect(mapOf(model)).toBe(1.5);
  await observe(model, [batches[2]!], { epoch: 6 });
  expect(mapOf(model)).toBe(30);
  model.dispose();
  tf.dispose(batches);
});

test.each([
  ['all zero', (mean: tf.Tensor) => ({ map: mean.mul(0) }), 'gradient-map', 'all zero'],
  ['not finite', (mean: tf.Tensor) => ({ map: mean.div(0) }), 'gradient-map', 'not finite'],
  ['of a wrong shape', (mean: tf.Tensor) => ({ map: mean.reshape([1]) }), 'method-broken', 'expected []'],
  ['not declared', (mean: tf.Tensor) => ({ other: mean }), 'method-broken', 'declared states only'],
])('a map that is %s is refused with the layer, and the old one stays', async (_, given, code, words) => {
  const model = network(watching(given as (mean: tf.Tensor) => Tensors));
  const x = tf.ones([2, 4, 4, 1]);
  const before = tf.memory().numTensors;
  const failure = await observe(model, [x], { epoch: 2 }).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code });
  expect((failure as Error).message).toContain(words);
  expect((failure as Error).message).toContain('[watching] layer "second"');
  expect(mapOf(model)).toBe(1);
  expect(tf.memory().numTensors).toBe(before);
  model.dispose();
  x.dispose();
});

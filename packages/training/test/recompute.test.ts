import { alignedMtl, graddrop, modo, upgrad } from '@overparam/balancers';
import { foldKey, keyFromSeed, normalTensor, type Precision, precisionProblem } from '@overparam/engine';
import { fnl } from '@overparam/method-fnl';
import { trirep } from '@overparam/method-new';
import { repvgg } from '@overparam/method-repvgg';
import { sgs } from '@overparam/method-sgs';
import type { Backbone } from '@overparam/plugin';
import { repMtl } from '@overparam/regularisers';
import { progressive } from '@overparam/routines';
import * as tf from '@tensorflow/tfjs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { layoutOf, type Recipe, trainingStep, withOptions } from '../src/index';
import { engines } from './support/engines';
import { finish, openRun } from './support/runs';
import { type Setup, tiny, tinyScenes, tinyTwoTasks } from './support/setups';
import { valuesOf } from './support/values';

/** Residual blocks with dropout inside of them. */
const forgetful: Backbone = {
  apiVersion: 1,
  name: 'forgetful-blocks',
  summary: 'Test data.',
  options: z.strictObject({}),
  build({ inputShape, tasks, key }) {
    const image = tf.input({ shape: [...inputShape] });
    const conv = (name: string, x: tf.SymbolicTensor) =>
      tf.layers
        .conv2d({ name, filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' })
        .apply(x) as tf.SymbolicTensor;
    let x = conv('stem', image);
    for (let block = 0; block < 4; block++) {
      const kept = tf.layers.dropout({ name: `dropout${block}`, rate: 0.5 }).apply(conv(`a${block}`, x));
      const y = conv(`b${block}`, kept as tf.SymbolicTensor);
      x = tf.layers.add({ name: `add${block}` }).apply([x, y]) as tf.SymbolicTensor;
    }
    const features = tf.layers.globalAveragePooling2d({ name: 'pool' }).apply(x);
    const outputs = tasks.map(
      ({ name, outputs: units }) => tf.layers.dense({ name, units }).apply(features) as tf.SymbolicTensor,
    );
    const model = tf.model({ inputs: image, outputs });
    const values = model
      .getWeights()
      .map((weight, at) => normalTensor(foldKey(key, at), weight.shape, 0, 0.2));
    model.setWeights(values);
    tf.dispose(values);
    return { model, ...layoutOf(model, tasks) };
  },
};

interface Library {
  TF_NewOperation(...call: unknown[]): unknown;
}

/** Counts the ops that are written down from here on, by name. */
function countOps(): Map<string, number> {
  const counts = new Map<string, number>();
  const { binding } = tf.backend() as unknown as { binding?: { library: Library } };
  if (binding === undefined) return counts;
  const write = binding.library.TF_NewOperation;
  vi.spyOn(binding.library, 'TF_NewOperation').mockImplementation((...call) => {
    const name = call[1] as string;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return write(...call);
  });
  return counts;
}

afterEach(() => {
  vi.restoreAllMocks();
});

type Choice = Pick<Recipe, 'recompute' | 'precision'>;

/** A run's losses and weights by update, and the convolutions that its steps are made of. */
async function trained(setup: Setup, engine: 'tensorflow' | 'wasm', choice: Choice) {
  const run = await openRun({ ...setup, ...choice }, engine);
  const counts = countOps();
  const seen: [number, Map<string, string>][] = [];
  await finish(run, (loop) => ({
    onUpdate({ loss }) {
      seen.push([loss, valuesOf(loop.trained)]);
    },
  }));
  vi.restoreAllMocks();
  return { seen, convolutions: (counts.get('Conv2D') ?? 0) + (counts.get('MatMul') ?? 0), counts };
}

/** Few updates: what differs, differs at the second. */
const short = { epochs: 2, batch: 4, limit: { train: 8, test: 2 } };

const cases: Readonly<Record<string, Setup>> = {
  'a ResNet-8': { ...tiny, ...short },
  'TriRep that whitens': { ...tiny, ...short, method: trirep },
  'TriRep by stages': { ...tiny, ...short, method: trirep, routine: progressive, epochs: 3 },
  'FNL, two tasks': { ...tinyTwoTasks, ...short, method: fnl, balancer: upgrad },
  'RepVGG, dropout in its blocks': { ...tiny, ...short, backbone: withOptions(forgetful), method: repvgg },
  'a SegNet of three tasks': { ...tinyScenes, epochs: 1 },
  'a SegNet with a balancer': {
    ...tinyScenes,
    epochs: 1,
    balancer: alignedMtl,
    gradients: 'representation',
  },
  'two tasks with a regulariser': { ...tinyTwoTasks, ...short, regulariser: withOptions(repMtl) },
  'two tasks, elements weighed': { ...tinyTwoTasks, ...short, balancer: graddrop },
  'two tasks, two batches compared': {
    ...tinyTwoTasks,
    ...short,
    limit: { train: 12, test: 2 },
    balancer: modo,
  },
  'averaged weights, clipped sums of mixed images, masked': {
    ...tiny,
    ...short,
    method: sgs,
    averageWeights: { decay: 0.9 },
    accumulate: 2,
    clip: { by: 'norm', limit: 1 },
    mix: { by: 'cutmix', alpha: 1, probability: 1 },
  },
};

const precisionsHere: Precision[] = ['float32'];
if (engines.includes('tensorflow') && precisionProblem('bfloat16') === null) precisionsHere.push('bfloat16');

describe.runIf(engines.includes('tensorflow')).each(precisionsHere)('in %s, compiled', (precision) => {
  // Gradients of gradients are refused in half precision.
  const possible = Object.entries(cases).filter(([, setup]) => precision === 'float32' || !setup.regulariser);
  test.each(possible)('%s: the same bits after each update', async (_, setup) => {
    const none = await trained(setup, 'tensorflow', { recompute: 'none', precision });
    const blocks = await trained(setup, 'tensorflow', { recompute: 'blocks', precision });
    expect(blocks.seen).toEqual(none.seen);
    expect(blocks.seen.length).toBeGreaterThan(1);
    // What is inside blocks is there twice.
    expect(blocks.convolutions).toBeGreaterThan(none.convolutions);
  });
});

test('on wasm, which keeps everything: the same bits', async () => {
  const none = await trained(cases['a ResNet-8']!, 'wasm', { recompute: 'none', precision: 'float32' });
  const blocks = await trained(cases['a ResNet-8']!, 'wasm', { recompute: 'blocks', precision: 'float32' });
  expect(blocks.seen).toEqual(none.seen);
});

test('an unknown value is refused with those that are known', async () => {
  const { plan, state } = await openRun(tiny);
  const { network, optimiser } = state.trained;
  const options = { network: { model: network.model, ...network.layout }, tasks: plan.tasks, optimiser };
  expect(() => trainingStep({ ...options, key: keyFromSeed(1), recompute: 'all' as never })).toThrow(
    /recompute: "all".*none, blocks/,
  );
});

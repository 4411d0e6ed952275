import { readFileSync } from 'node:fs';
import { plain } from '@overparam/core-reparam';
import { keyFromSeed } from '@overparam/engine';
import { trirep } from '@overparam/method-new';
import { regression } from '@overparam/mtl-heads';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { expandNetwork, reestimateNorms, TrainingLoop, takeAverage, trainingStep } from '../../src/index';
import { noise } from '../fidelity/noise';
import { engines } from '../support/engines';
import { openRun } from '../support/runs';
import { type Setup, tiny } from '../support/setups';
import { distance, optionsBatch, optionsFixture, optionsStep } from './follow-options';
import { trainedWith } from './interrupted';
import { take, ways } from './ways';

const numbers = z.record(z.string(), z.array(z.number()));
const fixture = z
  .object({
    steps: z.int(),
    batch: z.int(),
    lr: z.number(),
    from: z.int(),
    every: z.int(),
    seen: z.int(),
    weights: numbers,
    statistics: numbers,
  })
  .parse(JSON.parse(readFileSync(new URL('./fixtures/swa.json', import.meta.url), 'utf8')));

function drawn(seed: number, name: string, shape: number[], scale: number): tf.Tensor {
  const values = noise(seed, name, tf.util.sizeFromShape(shape));
  return tf.tensor(
    Float32Array.from(values, (value) => scale * value),
    shape,
  );
}

function batchOf(step: number): tf.NamedTensorMap {
  const of = (name: string, size: number) => drawn(10 + step, name, [fixture.batch, size], 2);
  return { x: of('x', 3), 'label/y': of('y', 2) };
}

/** The script's network. */
function normed() {
  const x = tf.input({ shape: [3] });
  const dense = (name: string, units: number) => tf.layers.dense({ name, units, useBias: false });
  const hidden = dense('hidden', 4).apply(x) as tf.SymbolicTensor;
  const norm = tf.layers.batchNormalization({ name: 'norm', epsilon: 1e-3, momentum: 0.9 }).apply(hidden);
  const bent = tf.layers.activation({ activation: 'tanh' }).apply(norm) as tf.SymbolicTensor;
  const model = tf.model({ inputs: x, outputs: dense('out', 2).apply(bent) as tf.SymbolicTensor });
  const task = regression({ name: 'y', shape: [2] });
  const network = expandNetwork(model, { method: plain, tasks: [task], key: keyFromSeed(1) });
  model.dispose();
  return { network, task };
}

describe.each(ways)('on $name', (way) => {
  let leave = () => {};
  beforeAll(async () => {
    leave = await take(way);
  });
  afterAll(() => leave());

  test("eight weights' mean is that of PyTorch's AveragedModel", async () => {
    const expected = optionsFixture.variants.swa!.weights;
    const { step, dispose } = optionsStep({ averageWeights: { by: 'swa', from: 1, every: 1 } });
    for (let index = 0; index < optionsFixture.steps; index++) {
      const batch = optionsBatch(index);
      await step(batch, { rate: optionsFixture.lr });
      tf.dispose(batch);
    }
    for (const [name, slot] of step.trained.weightAverage!.slots)
      expect(distance([...slot.dataSync()], expected[name]!)).toBeLessThan(1e-5);
    dispose();
  });

  test("weights taken now and then, and the norm's statistics anew, are those of PyTorch's update_bn", async () => {
    const { network, task } = normed();
    const { from, every } = fixture;
    const step = trainingStep({
      network,
      tasks: [task],
      optimiser: { name: 'sgd' },
      averageWeights: { by: 'swa', from, every },
    });
    const { trained } = step;
    for (const { name, variable } of trained.network.parameters) {
      // A dense kernel is one of 1x1 here, of the same numbers.
      if (name.endsWith('/kernel')) tf.tidy(() => variable.assign(drawn(1, name, variable.shape, 1)));
    }
    for (let index = 0; index < fixture.steps; index++) {
      const batch = batchOf(index);
      await step(batch, { rate: fixture.lr });
      tf.dispose(batch);
    }
    takeAverage(trained);
    const before = tf.memory().numTensors;
    const batches = { readWhole: async (index: number) => batchOf(index) };
    await reestimateNorms(trained.network, { batches, from: 0, count: fixture.seen, key: keyFromSeed(2) });
    expect(tf.memory().numTensors).toBe(before);
    for (const { name, variable } of trained.network.parameters)
      expect(distance([...variable.dataSync()], fixture.weights[name]!)).toBeLessThan(1e-5);
    expect(trained.network.states.map(({ name }) => name)).toEqual(Object.keys(fixture.statistics));
    for (const { name, variable } of trained.network.states)
      expect(distance([...variable.dataSync()], fixture.statistics[name]!)).toBeLessThan(1e-5);
    step.dispose();
    network.model.dispose();
  });
});

const engine = engines[0]!;
const averaged: Setup = {
  ...tiny,
  epochs: 3,
  averageWeights: { by: 'swa', from: { epochs: 1.5 }, every: { updates: 2 } },
};

test('a run that is stopped and gone on with is the same, bit for bit', async () => {
  const whole = await trainedWith(averaged, engine, null);
  for (const stop of [2, 6, 8]) {
    const again = await trainedWith(averaged, engine, stop);
    expect(again.values).toEqual(whole.values);
    expect(again.progress.history).toEqual(whole.progress.history);
  }
});

test('before weights are taken they are evaluated themselves, and then their mean; training is the same', async () => {
  const { averageWeights: _, ...without } = averaged;
  const plain = await trainedWith(without, engine, null);
  const other = await trainedWith(averaged, engine, null);
  const [first, second] = [0, 1].map((epoch) =>
    Math.abs(other.progress.history[epoch]!.test.loss - plain.progress.history[epoch]!.test.loss),
  );
  expect(first).toBeLessThan(1e-4);
  expect(second).toBeGreaterThan(1e-3);
});

test('the network that is deployed is the one that was evaluated last', async () => {
  const setup = { ...averaged, method: trirep };
  const { plan, state } = await openRun(setup, engine);
  const loop = new TrainingLoop(plan, state);
  await loop.run();
  const before = loop.trained.network.states.map(({ variable }) => [...variable.dataSync()]);
  await loop.takeAverage();
  const after = loop.trained.network.states.map(({ variable }) => [...variable.dataSync()]);
  expect(after).not.toEqual(before);
  loop.dispose();
  await plan.dataset.close();
});

test('weights cannot be taken between the batches whose gradients are added up', async () => {
  await expect(
    openRun({ ...averaged, accumulate: 2, averageWeights: { by: 'swa', from: 3, every: 2 } }),
  ).rejects.toThrow(/takes the weights after 3 batches and every 2 from there, and accumulate: 2/);
});

import { trirep } from '@overparam/method-new';
import { progressive } from '@overparam/routines';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { disposeTrained, TrainingLoop, takeAverage, variablesOf } from '../../src/index';
import { engines } from '../support/engines';
import { openRun } from '../support/runs';
import { type Setup, tiny } from '../support/setups';
import { valuesOf } from '../support/values';
import { distance, optionsBatch, optionsFixture, optionsStep } from './follow-options';
import { trainedWith } from './interrupted';
import { take, ways } from './ways';

const engine = engines[0]!;
const averaged: Setup = { ...tiny, epochs: 2, averageWeights: { decay: 0.8 } };

describe.each(ways)('on $name', (way) => {
  let leave = () => {};
  beforeAll(async () => {
    leave = await take(way);
  });
  afterAll(() => leave());

  test("eight updates' average is that of PyTorch's AveragedModel", async () => {
    const expected = optionsFixture.variants['ema 0.7']!.weights;
    const before = tf.memory().numTensors;
    const { step, dispose } = optionsStep({ averageWeights: { decay: 0.7 } });
    for (let index = 0; index < optionsFixture.steps; index++) {
      const batch = optionsBatch(index);
      await step(batch, { rate: optionsFixture.lr });
      tf.dispose(batch);
    }
    const { weightAverage, network } = step.trained;
    for (const { name, variable } of network.parameters) {
      expect(distance([...weightAverage!.slots.get(name)!.dataSync()], expected[name]!)).toBeLessThan(1e-5);
      // The weights themselves are those without an average.
      const plain = optionsFixture.variants.plain!.weights[name]!;
      expect(distance([...variable.dataSync()], plain)).toBeLessThan(1e-5);
    }
    dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('a run that is stopped and gone on with is the same, bit for bit', async () => {
  const whole = await trainedWith(averaged, engine, null);
  expect([...whole.values.keys()].some((name) => name.startsWith('weightAverage/'))).toBe(true);
  for (const stop of [1, 4]) {
    const again = await trainedWith(averaged, engine, stop);
    expect(again.values).toEqual(whole.values);
    expect(again.progress.history).toEqual(whole.progress.history);
  }
});

test('averages are evaluated, and change nothing of training but the last bits', async () => {
  const { averageWeights: _, ...without } = averaged;
  const [plain, other] = [
    await trainedWith(without, engine, null),
    await trainedWith(averaged, engine, null),
  ];
  // A step with more to it is put in another order, and rounds otherwise.
  const numbers = (text: string) => new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer);
  for (const [name, value] of plain.values)
    expect(distance([...numbers(other.values.get(name)!)], [...numbers(value)])).toBeLessThan(1e-5);
  const losses = ({ progress }: typeof plain, split: 'train' | 'test') =>
    progress.history.map((epoch) => epoch[split].loss);
  expect(distance(losses(other, 'train'), losses(plain, 'train'))).toBeLessThan(1e-5);
  expect(distance(losses(other, 'test'), losses(plain, 'test'))).toBeGreaterThan(1e-3);
});

test('at the end averages take the place of weights: the last evaluation was of them', async () => {
  const { plan, state } = await openRun(averaged, engine);
  const loop = new TrainingLoop(plan, state);
  await loop.run();
  takeAverage(loop.trained);
  const tensors = variablesOf(loop.trained);
  const values = valuesOf(loop.trained);
  for (const name of tensors.keys()) {
    if (name.startsWith('parameters/'))
      expect(values.get(name)).toBe(values.get(name.replace('parameters', 'weightAverage')));
  }
  loop.dispose();
  disposeTrained(loop.trained);
  await plan.dataset.close();
});

test('where a routine changes the network, its averages begin anew', async () => {
  const setup: Setup = { ...averaged, method: trirep, routine: progressive, epochs: 4 };
  const whole = await trainedWith(setup, engine, null);
  const again = await trainedWith(setup, engine, 7);
  expect(again.values).toEqual(whole.values);
  const names = [...whole.values.keys()];
  const count = (start: string) => names.filter((name) => name.startsWith(start)).length;
  expect(count('weightAverage/')).toBe(count('parameters/'));
});

import { readFileSync } from 'node:fs';
import { plain } from '@overparam/core-reparam';
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { type TrainingStepOptions, trainingStep } from '../../src/index';
import { noise } from '../fidelity/noise';
import { smallNetwork, tasks } from '../support/small';

const variant = z.object({
  losses: z.array(z.number()),
  weights: z.record(z.string(), z.array(z.number())),
});
const schema = z.object({
  steps: z.int(),
  batch: z.int(),
  lr: z.number(),
  momentum: z.number(),
  decay: z.number(),
  variants: z.record(z.string(), variant),
});

/** What `make-options-fixtures.py` wrote. */
export const optionsFixture = schema.parse(
  JSON.parse(readFileSync(new URL('./fixtures/options.json', import.meta.url), 'utf8')),
);

/** Numbers as the script draws them, of one shape. */
function drawn(seed: number, name: string, shape: number[], scale: number): tf.Tensor {
  const values = noise(seed, name, tf.util.sizeFromShape(shape));
  return tf.tensor(
    Float32Array.from(values, (value) => scale * value),
    shape,
  );
}

/** The batch of one of the script's steps; the caller disposes. */
export function optionsBatch(step: number): tf.NamedTensorMap {
  const of = (name: string, size: number) => drawn(10 + step, name, [optionsFixture.batch, size], 2);
  return { x: of('x', 3), 'label/first': of('first', 2), 'label/second': of('second', 2) };
}

/** The script's network with its first weights and a training step; free it by `dispose`. */
export function optionsStep(options: Partial<TrainingStepOptions> = {}) {
  const { momentum, decay } = optionsFixture;
  const network = smallNetwork(plain);
  const step = trainingStep({
    network,
    tasks,
    optimiser: { name: 'sgd', momentum, nesterov: false },
    weightDecay: { coefficient: decay, norms: false, biases: false },
    ...options,
  });
  for (const { name, variable } of step.trained.network.parameters) {
    const scale = name.endsWith('bias') ? 0.3 : 1;
    tf.tidy(() => variable.assign(drawn(1, name, variable.shape, scale)));
  }
  const dispose = () => {
    step.dispose();
    network.model.dispose();
  };
  return { step, dispose };
}

/** Largest difference of two lists of numbers. */
export function distance(found: readonly number[], expected: readonly number[]): number {
  return Math.max(...expected.map((value, index) => Math.abs(found[index]! - value)));
}

/** Repeats one of the script's trainings: how far losses and last weights are from PyTorch's. */
export async function distancesTo(name: string, options: Partial<TrainingStepOptions>) {
  const expected = optionsFixture.variants[name]!;
  const { step, dispose } = optionsStep(options);
  const losses: number[] = [];
  for (let index = 0; index < optionsFixture.steps; index++) {
    const batch = optionsBatch(index);
    losses.push((await step(batch, { rate: optionsFixture.lr })).loss);
    tf.dispose(batch);
  }
  const weights = step.trained.network.parameters.map(({ name: weight, variable }) =>
    distance([...variable.dataSync()], expected.weights[weight]!),
  );
  dispose();
  return { losses: distance(losses, expected.losses), weights: Math.max(...weights) };
}

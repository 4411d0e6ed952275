import { useEngine } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { engines } from '../support/engines';
import { type DenseRun, denseFixture, followDense } from './follow-dense';
import { noise } from './noise';

/** Largest relative difference of any loss over the steps. */
function distance(losses: readonly (readonly number[])[], reference: readonly (readonly number[])[]): number {
  return Math.max(
    ...losses.flatMap((parts, step) =>
      parts.map((loss, task) => Math.abs(loss - reference[step]![task]!) / Math.abs(reference[step]![task]!)),
    ),
  );
}

const runsOf = (network: DenseRun['network'], optimiser: DenseRun['optimiser']) =>
  denseFixture.runs.filter((run) => run.network === network && run.optimiser === optimiser);

test('noise gives the numbers of the script', () => {
  // noise(7, "a/kernel", 4) of make-dense-fixtures.py.
  expect([...noise(7, 'a/kernel', 4)]).toEqual([
    0.23702025413513184, -0.6363356113433838, -0.862169623374939, 0.5520304441452026,
  ]);
});

describe.each(engines)('on %s', (engine) => {
  beforeAll(async () => {
    await useEngine(engine);
  });

  test.each([
    ['segnet', 'sgd'],
    ['segnet', 'adam'],
    ['resnet50-dilated', 'sgd'],
    ['resnet50-dilated', 'adam'],
  ] as const)("%s with %s follows PyTorch's three losses over 10 steps", (network, optimiser) => {
    const runs = runsOf(network, optimiser);
    expect(runs).toHaveLength(3);
    const before = tf.memory().numTensors;
    const found = runs.map((run) => distance(followDense(run), run.float64));
    // Three times as far as PyTorch's own float32 is from its float64, the worst of the seeds, or 3e-6.
    const allowed = 3 * Math.max(1e-6, ...runs.map((run) => distance(run.float32, run.float64)));
    expect(Math.max(...found)).toBeLessThanOrEqual(allowed);
    expect(tf.memory().numTensors).toBe(before);
  });
});

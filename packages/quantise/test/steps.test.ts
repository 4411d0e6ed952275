import { type Given, simulate } from '@overparam/quantise';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { writeAndCompare } from '../src/steps';
import { oneExample, recipeFor } from './one-number';

const asked = { examples: 1, rule: 'minmax', float: [], metadata: { role: 'quantised' } } as const;

function given(): Given {
  const dense = tf.layers.dense({ name: 'dense', units: 1, useBias: false });
  const model = tf.sequential({
    layers: [tf.layers.flatten({ name: 'flat', inputShape: [1, 1, 2] }), dense],
  });
  dense.setWeights([tf.tensor2d([1.27, -0.5], [2, 1])]);
  return { model, recipe: recipeFor(), dataset: oneExample([0.5, 1], 0), sizes: { train: 1, test: 1 } };
}

const grids = { flat_input_int8: { scale: 0.5, zeroPoint: 0 } };

test('the figures of the file are those of its own answers', async () => {
  const simulation = simulate(given().model, grids);
  const { figures, check } = await writeAndCompare(given(), simulation, asked);
  // 0.5 * 1.27 - 0.5 = 0.135, of which half the square is the loss.
  expect(figures.before.scores.loss).toBeCloseTo(0.135 ** 2 / 2, 6);
  expect(figures.after.scores.loss).toBeCloseTo(0.135 ** 2 / 2, 6);
  expect(figures.after.agreement.sum).toMatchObject({ sameClass: null });
  expect(check.unoptimised.sum!.noise).toBeLessThan(1e-5);
});

test('a file that computes something else than its simulation is refused', async () => {
  const simulation = simulate(given().model, grids);
  // With a third of the scales, numbers do not fit into eight bits.
  const wrong = {
    ...simulation,
    scalesOf: (...of: Parameters<typeof simulation.scalesOf>) =>
      simulation.scalesOf(...of)?.map((scale) => scale / 3) ?? null,
  };
  await expect(writeAndCompare(given(), wrong, asked)).rejects.toMatchObject({
    code: 'export-mismatch',
    message: expect.stringMatching(/than the simulation in TensorFlow.js.*"sum".*Nothing was written/),
  });
});

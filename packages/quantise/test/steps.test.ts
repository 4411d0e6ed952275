import { MaxPoolWithPlaces } from '@overparam/layers';
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

/** A simulation whose file has other kernels: with smaller scales, numbers do not fit into eight bits. */
function withScales(simulation: ReturnType<typeof simulate>, factor: number): typeof simulation {
  const scalesOf: typeof simulation.scalesOf = (...of) =>
    simulation.scalesOf(...of)?.map((scale) => scale * factor) ?? null;
  return { ...simulation, scalesOf };
}

test('a file that computes something else than its simulation is refused', async () => {
  const simulation = simulate(given().model, grids);
  await expect(writeAndCompare(given(), withScales(simulation, 1 / 3), asked)).rejects.toMatchObject({
    code: 'export-mismatch',
    message: expect.stringMatching(/than the simulation in TensorFlow.js.*"sum".*Nothing was written/),
  });
});

test('where places of maxima move with rounding, half of what eight bits change is allowed, and no more', async () => {
  const pooled = (weights: readonly number[], withPlaces = true): tf.LayersModel => {
    const input = tf.input({ shape: [1, 1, 2] });
    const large = tf.layers.upSampling2d({ size: [2, 2] }).apply(input) as tf.SymbolicTensor;
    const pool = withPlaces
      ? new MaxPoolWithPlaces({ name: 'pool' })
      : tf.layers.maxPooling2d({ poolSize: 2 });
    const small = [pool.apply(large)].flat()[0] as tf.SymbolicTensor;
    const dense = tf.layers.dense({ name: 'dense', units: 1, useBias: false });
    const flat = tf.layers.flatten().apply(small);
    const model = tf.model({ inputs: input, outputs: dense.apply(flat) as tf.SymbolicTensor });
    dense.setWeights([tf.tensor2d([...weights], [2, 1])]);
    return model;
  };
  const compared = (float: tf.LayersModel, eight: tf.LayersModel, factor: number) => {
    const { inputNames } = eight;
    const own = { [`${inputNames[0]}_int8`]: { scale: 1 / 255, zeroPoint: 0 } };
    return writeAndCompare({ ...given(), model: float }, withScales(simulate(eight, own), factor), asked);
  };
  const eight = [1.27, 0.5];
  // The file is far from its simulation; from answers in float32 it is more than twice as far.
  const { check } = await compared(pooled([30, 30]), pooled(eight), 0.75);
  expect(check.simulation.sum!.noise).toBeGreaterThan(0.1);
  // Of a file that is wrong the simulation is as far as float32 is.
  await expect(compared(pooled(eight), pooled(eight), 0.75)).rejects.toThrow(/than the simulation/);
  // Without places nothing moves.
  await expect(compared(pooled([30, 30], false), pooled(eight, false), 0.75)).rejects.toThrow(
    /expected at most 10\.0 %/,
  );
});

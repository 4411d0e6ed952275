import { MaxPoolWithPlaces } from '@overparam/layers';
import { type Given, simulate } from '@overparam/quantise';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { AgreementSum } from '../src/agreement';
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

test('of a network that pools with places, the nearer half of answers is held against the simulation', async () => {
  const input = tf.input({ shape: [1, 1, 2] });
  const large = tf.layers.upSampling2d({ size: [2, 2] }).apply(input) as tf.SymbolicTensor;
  const [small] = new MaxPoolWithPlaces({ name: 'pool' }).apply(large) as tf.SymbolicTensor[];
  const dense = tf.layers.dense({ name: 'dense', units: 1, useBias: false });
  const flat = tf.layers.flatten().apply(small!);
  const model = tf.model({ inputs: input, outputs: dense.apply(flat) as tf.SymbolicTensor });
  dense.setWeights([tf.tensor2d([1.27, 0.5], [2, 1])]);
  const own = { [`${model.inputNames[0]}_int8`]: { scale: 1 / 255, zeroPoint: 0 } };
  const simulation = simulate(model, own);
  // One answer is its own half: where all are wrong, half of them are.
  const wrong = writeAndCompare({ ...given(), model }, withScales(simulation, 0.75), asked);
  await expect(wrong).rejects.toThrow(/than the simulation/);
  const { check } = await writeAndCompare({ ...given(), model }, simulation, asked);
  expect(check.simulation.sum!.noiseOfHalf).toBeLessThan(1e-5);
});

test('the nearer half of answers leaves out those that are far', async () => {
  const sum = new AgreementSum(false);
  // Of four pixels one is off by 3 and one by 10; the numbers of the reference are 2 in the mean of squares of 4.
  await sum.add(tf.tensor2d([[2], [5], [12], [2]]), tf.fill([4, 1], 2));
  expect(sum.result().noise).toBeCloseTo(Math.sqrt(109 / 16), 5);
  expect(sum.result().noiseOfHalf).toBe(0);
  await sum.add(tf.tensor2d([[3], [3]]), tf.fill([2, 1], 2));
  // Of three answers that count, one is off by 1.
  expect(sum.result().noiseOfHalf).toBeCloseTo(Math.sqrt(1 / 3 / 4), 6);
});

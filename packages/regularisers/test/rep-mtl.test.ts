import { readFileSync } from 'node:fs';
import {
  backwardPasses,
  type EngineName,
  recordedGradients,
  trainingBatchNorm,
  twiceDifferentiable,
  useEngine,
} from '@overparam/engine';
import { parseOptions } from '@overparam/plugin';
import { testRegulariser } from '@overparam/plugin/testing';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { plugin, repMtl } from '../src';

interface Fixture {
  problems: { shape: number[]; options: object; saliencies: number[]; penalty: number; gradient: number[] }[];
  networks: {
    activation: 'tanh' | 'relu';
    x: number[];
    labels: { first: number[]; second: number[] };
    parameters: Record<string, { shape: number[]; values: number[] }>;
    penalty: number;
    gradients: Record<string, number[]>;
  }[];
}

const { problems, networks } = JSON.parse(
  readFileSync(new URL('./fixtures/rep-mtl.json', import.meta.url), 'utf8'),
) as Fixture;

const options = (given: object = {}) => parseOptions(repMtl.options, given, 'rep-mtl');

/** Largest difference, relative to the largest number expected. */
function gap(found: ArrayLike<number>, expected: readonly number[]): number {
  const largest = Math.max(...expected.map(Math.abs), 1e-12);
  return Math.max(...expected.map((value, index) => Math.abs(value - found[index]!))) / largest;
}

const engines: EngineName[] = ['cpu', 'wasm'];
await useEngine('tensorflow').then(
  () => engines.push('tensorflow'),
  (error: Error) => console.warn(`\n*** SKIPPED: the native engine is not tested: ${error.message} ***\n`),
);

describe.each(engines)('on %s', (engine) => {
  beforeAll(async () => {
    await useEngine(engine);
  });

  testRegulariser(repMtl, { test, options: [{}, { alignment: 0 }, { entropy: 0, temperature: 0.5 }] });

  test('penalties and gradients of 51 random problems', () => {
    expect(problems.length).toBeGreaterThanOrEqual(50);
    for (const { shape, options: given, saliencies, penalty, gradient } of problems) {
      tf.tidy(() => {
        const all = tf.tensor(saliencies, shape);
        const work = (at: tf.Tensor) =>
          repMtl.penalty([{ output: tf.zerosLike(at), saliencies: tf.unstack(at) }], options(given));
        const { value, grad } = tf.valueAndGrad(work)(all);
        expect(Math.abs(value.dataSync()[0]! - penalty)).toBeLessThan(1e-4 * (1 + Math.abs(penalty)));
        expect(gap(grad.dataSync(), gradient)).toBeLessThan(1e-4);
      });
    }
  });

  test.each(
    networks.map(
      (network, index) =>
        [`${network.activation}, ${index % 2 === 1 ? 'with' : 'without'} a norm`, network] as const,
    ),
  )(
    'differentiates twice through heads: %s',
    (_, { activation, x, labels, parameters, penalty, gradients }) => {
      tf.tidy(() => {
        const variables = Object.fromEntries(
          Object.entries(parameters).map(([name, { shape, values }]) => [
            name,
            tf.variable(tf.tensor(values, shape)),
          ]),
        );
        const found = twiceDifferentiable(() =>
          backwardPasses(
            () => {
              const p = variables as Record<string, tf.Tensor>;
              const z = tf.tanh(tf.conv2d(tf.tensor4d(x, [3, 4, 5, 3]), p.trunk as tf.Tensor4D, 1, 'same'));
              const head = (name: 'first' | 'second', title: 'First' | 'Second') => {
                const y = tf.conv2d(z as tf.Tensor4D, p[name] as tf.Tensor4D, 1, 'same') as tf.Tensor4D;
                const gamma = p[`gamma${title}`] as tf.Tensor1D | undefined;
                const normed = gamma
                  ? trainingBatchNorm(y, gamma, p[`beta${title}`] as tf.Tensor1D, 1e-5).y
                  : y;
                return tf.conv2d(
                  activation === 'tanh' ? tf.tanh(normed) : tf.relu(normed),
                  p[`out${title}`] as tf.Tensor4D,
                  1,
                  'same',
                );
              };
              const classes = tf.oneHot(tf.tensor(labels.second, [3, 4, 5], 'int32'), 2);
              const losses = [
                tf.mean(tf.squaredDifference(head('first', 'First'), tf.tensor(labels.first, [3, 4, 5, 3]))),
                tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(head('second', 'Second')), classes), -1))),
              ] as tf.Scalar[];
              const saliencies = losses.map((loss) => recordedGradients(loss, [z])[0]!);
              return { value: repMtl.penalty([{ output: z, saliencies }], options()) };
            },
            ({ value }, backward) => {
              const names = Object.keys(variables);
              const list = backward(
                value,
                names.map((name) => variables[name]!),
              );
              return {
                value,
                list: list.map((gradient, index) => gradient ?? tf.zerosLike(variables[names[index]!]!)),
              };
            },
          ),
        );
        expect(Math.abs(found.value.dataSync()[0]! - penalty)).toBeLessThan(1e-4 * (1 + Math.abs(penalty)));
        const all = found.list.flatMap((gradient) => [...gradient.dataSync()]);
        const expected = Object.keys(variables).flatMap((name) => gradients[name]!);
        expect(gap(all, expected)).toBeLessThan(1e-3);
        for (const variable of Object.values(variables)) variable.dispose();
      });
    },
  );
});

test('entropy: none where each place is one task, and the logarithm of the tasks where all are alike', () => {
  const one = tf.zeros([3, 2]);
  const value = (saliencies: tf.Tensor[]) =>
    repMtl.penalty([{ output: one, saliencies }], options({ entropy: 1, alignment: 0 })).dataSync()[0]!;
  const places = tf.tensor([1, 1, 0, 0, 1, 1], [3, 2]);
  expect(value([places, tf.sub(1, places)])).toBeCloseTo(0, 5);
  expect(value([places, places])).toBeCloseTo((Math.log(2) * 2) / 3, 5);
});

test('alignment: as small as can be where tasks agree and examples differ', () => {
  const options1 = options({ entropy: 0, alignment: 1, temperature: 0.5 });
  const apart = tf.tensor([1, 0, 0, 1], [2, 2]);
  const value = (saliencies: tf.Tensor[]) =>
    repMtl.penalty([{ output: apart, saliencies }], options1).dataSync()[0]!;
  // Cosines of 1 with their own anchors, and of 0 with each other's.
  expect(value([apart, tf.mul(apart, 3)])).toBeCloseTo(-2, 4);
  expect(value([tf.onesLike(apart), tf.onesLike(apart)])).toBeCloseTo(0, 4);
});

test('what cannot be is refused by name', () => {
  expect(repMtl.supports({ tasks: ['a', 'b'], batch: 1 }, options())).toMatch(
    /a batch has one.*alignment: 0/,
  );
  expect(repMtl.supports({ tasks: ['a', 'b'], batch: 1 }, options({ alignment: 0 }))).toBe(true);
  expect(repMtl.supports({ tasks: ['a'], batch: 8 }, options())).toMatch(/there is one/);
  expect(() => options({ entropy: -1 })).toThrow(/"entropy"/);
  expect(plugin.regularisers).toEqual([repMtl]);
});

import { dbMtl, mgda, pcgrad } from '@overparam/balancers';
import { createOptimiser, keyFromSeed, useEngine } from '@overparam/engine';
import { regression } from '@overparam/mtl-heads';
import type { Balancer, BalancerState, Phase } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { createAverages } from '../src/averages';
import { balancingOf } from '../src/balancing';
import { disposeTrained, optimisedParameters, type UpdateOutcome, withOptions } from '../src/index';
import { type TrainedNetwork, trainedNetwork } from '../src/network';
import { PhaseSteps } from '../src/phase-steps';

// A network of two shared layers and two heads; everything that an update does to it is computed again from gradients
// of a forward pass written out here.

const shared = ['shared1/kernel', 'shared1/bias', 'shared2/kernel', 'shared2/bias'];
const headOf = (task: Name) => [`${task}_out/kernel`, `${task}_out/bias`];
const shapes: Readonly<Record<string, number[]>> = {
  'shared1/kernel': [3, 4],
  'shared1/bias': [4],
  'shared2/kernel': [4, 3],
  'shared2/bias': [3],
  'first_out/kernel': [3, 2],
  'first_out/bias': [2],
  'second_out/kernel': [3, 2],
  'second_out/bias': [2],
};
const names = ['first', 'second'] as const;
type Name = (typeof names)[number];

/** Numbers that look like noise. */
const wave = (count: number, seed: number) =>
  Array.from({ length: count }, (_, index) => 0.8 * Math.sin(seed + 1.7 * index));

/** The heads are nearly the same and their labels lie on opposite sides, so that the tasks' gradients conflict. */
const begin: Readonly<Record<string, number[]>> = {
  'shared1/kernel': wave(12, 1),
  'shared1/bias': wave(4, 2),
  'shared2/kernel': wave(12, 3),
  'shared2/bias': wave(3, 4),
  'first_out/kernel': wave(6, 5),
  'first_out/bias': wave(2, 6),
  'second_out/kernel': wave(6, 5.1),
  'second_out/bias': wave(2, 7),
};
const images = wave(15, 8);
const labels: Readonly<Record<Name, number[]>> = {
  first: wave(10, 9).map((value) => value + 3),
  second: wave(10, 10).map((value) => value - 2.2),
};
const rate = 0.5;

type Values = Readonly<Record<string, readonly number[]>>;

/** A task's loss and its gradients on what is shared, on its head, and on the second shared layer's output. */
function explicit(values: Values, task: Name) {
  return tf.tidy(() => {
    const x = tf.tensor(images, [5, 3]);
    const label = tf.tensor(labels[task], [5, 2]);
    const represent = (w1: tf.Tensor, b1: tf.Tensor, w2: tf.Tensor, b2: tf.Tensor) => {
      const hidden = tf.tanh(tf.add(tf.matMul(x, w1), b1));
      return tf.tanh(tf.add(tf.matMul(hidden, w2), b2));
    };
    const loss = (z: tf.Tensor, w: tf.Tensor, b: tf.Tensor) =>
      tf.mean(tf.square(tf.sub(tf.add(tf.matMul(z, w), b), label)));
    const weights = [...shared, ...headOf(task)].map((name) => tf.tensor([...values[name]!], shapes[name]!));
    const [w1, b1, w2, b2, w, b] = weights as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const all = tf.grads((...at: tf.Tensor[]) =>
      loss(represent(at[0]!, at[1]!, at[2]!, at[3]!), at[4]!, at[5]!),
    )(weights);
    const z = represent(w1, b1, w2, b2);
    const numbers = (tensors: tf.Tensor[]) => tensors.flatMap((tensor) => [...tensor.dataSync()]);
    return {
      loss: loss(z, w, b).dataSync()[0]!,
      shared: numbers(all.slice(0, 4)),
      head: numbers(all.slice(4)),
      representation: numbers([tf.grad((at: tf.Tensor) => loss(at, w, b))(z)]),
    };
  });
}

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, index) => sum + value * b[index]!, 0);
const times = (a: readonly number[], factor: number) => a.map((value) => value * factor);
const plus = (a: readonly number[], b: readonly number[]) => a.map((value, index) => value + b[index]!);

function expectClose(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  const size = Math.max(...expected.map(Math.abs));
  const gap = Math.max(...expected.map((value, index) => Math.abs(value - found[index]!)));
  expect(gap / size).toBeLessThan(1e-5);
}

interface Seen {
  readonly before: Values;
  readonly outcome: UpdateOutcome;
  /** What the update took off parameters, divided by the rate. */
  moved(names: readonly string[]): number[];
}

const all: Phase = { name: 'all', stage: 'plain', moves: [], rates: [], loss: 'balanced' };

/** Does updates by plain gradient descent on one batch. */
async function updates(
  balancer: Balancer,
  options: object,
  gradients: 'parameters' | 'representation',
  count = 1,
): Promise<Seen[]> {
  const tasks = names.map((task) => regression({ name: task, shape: [2] }));
  const balancing = balancingOf(withOptions(balancer, options), names, gradients)!;
  const network = tinyNetwork();
  const noDecay = { coefficient: 0, norms: false, biases: false };
  const trained = {
    network,
    optimiser: createOptimiser({ name: 'sgd' }, optimisedParameters(network.parameters, noDecay)),
    averages: balancing.needs.averages ? createAverages(network, tasks) : null,
    weightAverage: null,
    gradientSums: null,
  };
  const batch = {
    x: tf.tensor(images, [5, 3]),
    ...Object.fromEntries(names.map((task) => [`label/${task}`, tf.tensor(labels[task], [5, 2])])),
  };
  const steps = new PhaseSteps({
    trained,
    tasks,
    balancing,
    key: keyFromSeed(3),
    penalty: 0,
    precision: 'float32',
    parameterGroups: [],
    clip: null,
    averaging: null,
    recompute: 'none',
  });
  const read = () =>
    Object.fromEntries(network.parameters.map((one) => [one.name, [...one.variable.dataSync()]]));
  const seen: Seen[] = [];
  try {
    let state: BalancerState | null = null;
    for (let update = 0; update < count; update++) {
      const before = read();
      const outcome: UpdateOutcome = await steps.run(all, batch, { update, epoch: 0, rate }, state);
      const after = read();
      state = outcome.balancer;
      const moved = (wanted: readonly string[]) =>
        wanted.flatMap((one) => before[one]!.map((value, index) => (value - after[one]![index]!) / rate));
      seen.push({ before, outcome, moved });
    }
    return seen;
  } finally {
    steps.dispose();
    disposeTrained(trained);
    tf.dispose(batch);
  }
}

function tinyNetwork(): TrainedNetwork {
  const x = tf.input({ shape: [3] });
  const dense = (name: string, units: number, activation: 'tanh' | 'linear', from: tf.SymbolicTensor) =>
    tf.layers.dense({ name, units, activation }).apply(from) as tf.SymbolicTensor;
  const representation = dense('shared2', 3, 'tanh', dense('shared1', 4, 'tanh', x));
  const outputs = names.map((task) => dense(`${task}_out`, 2, 'linear', representation));
  const model = tf.model({ inputs: x, outputs });
  const owner = (layer: string) => names.find((task) => layer === `${task}_out`) ?? null;
  const network = trainedNetwork(model, { owner, representations: ['shared2'] }, 'plain');
  tf.tidy(() => {
    for (const { name, variable } of network.parameters) {
      variable.assign(tf.tensor(begin[name]!, shapes[name]));
    }
  });
  return network;
}

beforeAll(async () => {
  await useEngine('cpu');
});

/** What each task's head takes, times its factor. */
function expectHeads({ before, moved }: Seen, factors: readonly number[]): void {
  for (const [index, task] of names.entries()) {
    expectClose(moved(headOf(task)), times(explicit(before, task).head, factors[index]!));
  }
}

describe.each(['unweighted', 'weighted'])(
  'balanced updates are those of explicit gradients, heads %s',
  (heads) => {
    test('pcgrad, on parameters', async () => {
      const [seen] = await updates(pcgrad, { heads }, 'parameters');
      const [a, b] = names.map((task) => explicit(seen!.before, task).shared) as [number[], number[]];
      const product = dot(a, b);
      expect(product).toBeLessThan(0);
      expectClose(seen!.outcome.gramian!.flat(), [dot(a, a), product, product, dot(b, b)]);
      const [factorA, factorB] = [1 - product / dot(a, a), 1 - product / dot(b, b)];
      const projectedA = plus(a, times(b, -product / dot(b, b)));
      const projectedB = plus(b, times(a, -product / dot(a, a)));
      expectClose(seen!.moved(shared), plus(projectedA, projectedB));
      expectHeads(seen!, heads === 'weighted' ? [factorA, factorB] : [1, 1]);
    });

    test('mgda, on the representation', async () => {
      const [seen] = await updates(mgda, { heads }, 'representation');
      const [first, second] = names.map((task) => explicit(seen!.before, task));
      const [a, b] = [first!.representation, second!.representation];
      expectClose(seen!.outcome.gramian!.flat(), [dot(a, a), dot(a, b), dot(a, b), dot(b, b)]);
      const between = plus(b, times(a, -1));
      const alpha = dot(between, b) / dot(between, between);
      // Inside of the segment, where the shortest vector is neither gradient, and another one than on parameters.
      expect(alpha).toBeGreaterThan(0.05);
      expect(alpha).toBeLessThan(0.95);
      const apart = plus(second!.shared, times(first!.shared, -1));
      expect(Math.abs(dot(apart, second!.shared) / dot(apart, apart) - alpha)).toBeGreaterThan(0.01);
      expectClose(seen!.moved(shared), plus(times(first!.shared, alpha), times(second!.shared, 1 - alpha)));
      expectHeads(seen!, heads === 'weighted' ? [alpha, 1 - alpha] : [1, 1]);
    });
  },
);

test('db-mtl follows averages of gradients of logarithms, and heads their own logarithm', async () => {
  const beta = 0.9;
  const seen = await updates(dbMtl, { beta }, 'parameters', 3);
  let averages = names.map(() => Array<number>(31).fill(0));
  for (const one of seen) {
    const tasks = names.map((task) => explicit(one.before, task));
    averages = averages.map((average, index) => {
      const ofLogarithm = times(tasks[index]!.shared, 1 / tasks[index]!.loss);
      return plus(times(average, beta), times(ofLogarithm, 1 - beta));
    });
    const lengths = averages.map((average) => Math.sqrt(dot(average, average)));
    const longest = Math.max(...lengths);
    const [a, b] = averages.map((average, index) => times(average, longest / lengths[index]!));
    expectClose(one.moved(shared), plus(a!, b!));
    expectHeads(
      one,
      tasks.map(({ loss }) => 1 / loss),
    );
  }
});

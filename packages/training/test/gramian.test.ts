import { dbMtl, equal, graddrop, mgda, modo, pcgrad } from '@overparam/balancers';
import { createOptimiser, foldKey, keyFromSeed, randomUniform, useEngine } from '@overparam/engine';
import { regression } from '@overparam/mtl-heads';
import type { Balancer, BalancerState, Phase } from '@overparam/plugin';
import { repMtl } from '@overparam/regularisers';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { createAverages } from '../src/averages';
import { balancingOf } from '../src/balancing';
import { disposeTrained, optimisedParameters, type UpdateOutcome, withOptions } from '../src/index';
import { type TrainedNetwork, trainedNetwork } from '../src/network';
import { PhaseSteps } from '../src/phase-steps';
import { regularisingOf } from '../src/regularising';

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

/** Another batch. */
const secondBatch = {
  images: wave(15, 20),
  labels: { first: wave(10, 21).map((value) => value + 2.5), second: wave(10, 22).map((value) => value - 2) },
};

/** A task's loss and its gradients on what is shared, on its head, and on the second shared layer's output. */
function explicit(values: Values, task: Name, batch = { images, labels }) {
  return tf.tidy(() => {
    const label = tf.tensor(batch.labels[task], [5, 2]);
    const represent = (w1: tf.Tensor, b1: tf.Tensor, w2: tf.Tensor, b2: tf.Tensor) => {
      const hidden = tf.tanh(tf.add(tf.matMul(tf.tensor(batch.images, [5, 3]), w1), b1));
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
      outputs: numbers([z]),
    };
  });
}

/** What a gradient of the second shared layer's output comes to on what is shared. */
function through(values: Values, dy: readonly number[]): number[] {
  return tf.tidy(() => {
    const weights = shared.map((name) => tf.tensor([...values[name]!], shapes[name]!));
    const trunk = (...[w1, b1, w2, b2]: tf.Tensor[]) => {
      const hidden = tf.tanh(tf.add(tf.matMul(tf.tensor(images, [5, 3]), w1!), b1!));
      return tf.tanh(tf.add(tf.matMul(hidden, w2!), b2!));
    };
    return tf
      .grads(trunk)(weights, tf.tensor([...dy], [5, 3]))
      .flatMap((gradient) => [...gradient.dataSync()]);
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
  regulariser: object | null = null,
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
  const tensorsOf = (given: typeof secondBatch) => ({
    x: tf.tensor(given.images, [5, 3]),
    ...Object.fromEntries(names.map((task) => [`label/${task}`, tf.tensor(given.labels[task], [5, 2])])),
  });
  const batch = tensorsOf({ images, labels });
  const second = balancing.needs.secondBatch ? tensorsOf(secondBatch) : null;
  const steps = new PhaseSteps({
    trained,
    tasks,
    balancing,
    regularising: regularisingOf(regulariser && withOptions(repMtl, regulariser), {
      tasks: names,
      batch: 5,
      precision: 'float32',
    }),
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
      const outcome: UpdateOutcome = await steps.run(all, batch, { update, epoch: 0, rate }, state, second);
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
    if (second) tf.dispose(second);
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

test('modo follows the products of gradients on two batches', async () => {
  const gamma = 0.2;
  const seen = await updates(modo, { gamma }, 'parameters', 3);
  let shares = [0.5, 0.5];
  for (const one of seen) {
    const own = names.map((task) => explicit(one.before, task).shared);
    const others = names.map((task) => explicit(one.before, task, secondBatch).shared);
    const slopes = own.map((a) =>
      dot(
        shares,
        others.map((b) => dot(a, b)),
      ),
    );
    const [a, b] = shares.map((share, task) => share - gamma * (slopes[task]! + 0.1 * share)) as [
      number,
      number,
    ];
    // The nearest point on the segment between the corners.
    const first = Math.min(1, Math.max(0, (1 + a - b) / 2));
    shares = [first, 1 - first];
    expectClose([...one.outcome.weights!], shares);
    expectClose(one.moved(shared), plus(times(own[0]!, first), times(own[1]!, 1 - first)));
    expectHeads(one, [1, 1]);
  }
  expect(Math.abs(shares[0]! - 0.5)).toBeGreaterThan(0.01);
});

/** The numbers of an update that graddrop draws. */
function drawn(update: number, index: number, count: number): Float32Array {
  const key = foldKey(keyFromSeed(3), 'balancer', update);
  return randomUniform(foldKey(key, 'uniform', index), count);
}

/** Whether a part of an element stays, by its sign. */
const stays = (value: number, all: readonly number[], uniform: number) => {
  const purity = (1 + all.reduce((a, b) => a + b) / all.reduce((a, b) => a + Math.abs(b), 0)) / 2;
  return value > 0 === purity > uniform;
};

test('graddrop drops signs by the elements of parameters', async () => {
  const [seen] = await updates(graddrop, {}, 'parameters');
  const own = names.map((task) => explicit(seen!.before, task).shared);
  const uniform = shared.flatMap((name, index) => [...drawn(0, index, begin[name]!.length)]);
  const kept = uniform.map((number, k) => {
    const parts = own.map((gradient) => gradient[k]!);
    return parts.filter((part) => stays(part, parts, number)).reduce((a, b) => a + b, 0);
  });
  expectClose(seen!.moved(shared), kept);
  // Signs differ somewhere, and something is dropped.
  expect(Math.max(...plus(times(kept, -1), plus(own[0]!, own[1]!)).map(Math.abs))).toBeGreaterThan(0.01);
  expectHeads(seen!, [1, 1]);
});

test("graddrop drops signs by the elements of the trunk's output, the same in all examples", async () => {
  const [seen] = await updates(graddrop, { leak: 0.25 }, 'representation');
  const own = names.map((task) => explicit(seen!.before, task));
  const { outputs } = own[0]!;
  const uniform = drawn(0, 0, 3);
  // Of 5 examples with 3 channels.
  const judged = own.map(({ representation }) =>
    [0, 1, 2].map((channel) =>
      [0, 1, 2, 3, 4].reduce((sum, n) => {
        const at = 3 * n + channel;
        return sum + representation[at]! * Math.sign(outputs[at]!);
      }, 0),
    ),
  );
  const kept = own[0]!.representation.map((_, at) =>
    own.reduce((sum, { representation }, task) => {
      const parts = judged.map((channels) => channels[at % 3]!);
      const factor = 0.25 + 0.75 * Number(stays(parts[task]!, parts, uniform[at % 3]!));
      return sum + factor * representation[at]!;
    }, 0),
  );
  expectClose(seen!.moved(shared), through(seen!.before, kept));
  expectHeads(seen!, [1, 1]);
});

/**
 * What Rep-MTL adds to the gradients of all weights. The heads are linear and their losses mean squares of 10 numbers, so that
 * saliencies are `2 / 10 (z W + b - label) W'`, and only these are differentiated.
 */
function explicitPenalty(values: Values, given: object): Readonly<Record<string, number[]>> {
  const all = [...shared, ...names.flatMap(headOf)];
  return tf.tidy(() => {
    const penalty = (...weights: tf.Tensor[]) => {
      const at = (name: string) => weights[all.indexOf(name)]!;
      const layer = (x: tf.Tensor, name: string) =>
        tf.tanh(tf.add(tf.matMul(x, at(`${name}/kernel`)), at(`${name}/bias`)));
      const z = layer(layer(tf.tensor(images, [5, 3]), 'shared1'), 'shared2');
      const saliencies = names.map((task) => {
        const [kernel, bias] = headOf(task).map(at) as [tf.Tensor, tf.Tensor];
        const errors = tf.sub(tf.add(tf.matMul(z, kernel), bias), tf.tensor(labels[task], [5, 2]));
        return tf.mul(tf.matMul(errors, kernel, false, true), 0.2);
      });
      return repMtl.penalty([{ output: z, saliencies }], withOptions(repMtl, given).options as never);
    };
    const found = tf.grads(penalty)(all.map((name) => tf.tensor([...values[name]!], shapes[name]!)));
    return Object.fromEntries(all.map((name, index) => [name, [...found[index]!.dataSync()]]));
  });
}

test.each([
  [equal, {}, 'parameters', { entropy: 0.6, alignment: 0.4, temperature: 0.5 }],
  [pcgrad, {}, 'parameters', { alignment: 0 }],
  [graddrop, { leak: 1 }, 'representation', { entropy: 0, temperature: 0.3 }],
  [dbMtl, { beta: 0.9 }, 'parameters', {}],
] as const)(
  'a regulariser adds its gradients, whatever the balancer: %#',
  async (balancer, options, space, given) => {
    const [[plain], [added]] = [
      await updates(balancer as Balancer, options, space),
      await updates(balancer as Balancer, options, space, 1, given),
    ] as [Seen[], Seen[]];
    expect(added!.outcome.loss).toBe(plain!.outcome.loss);
    const extra = explicitPenalty(added!.before, given);
    for (const list of [shared, headOf('first'), headOf('second')]) {
      const more = list.flatMap((name) => extra[name]!);
      expect(Math.max(...more.map(Math.abs))).toBeGreaterThan(1e-3);
      expectClose(added!.moved(list), plus(plain!.moved(list), more));
    }
  },
);

import { foldKey, type Key, keyFromSeed, randomNormal, randomUniform } from '@overparam/engine';
import { type Balancer, checkBalancer, optionNames, parseOptions } from '@overparam/plugin';
import { describe, expect, test } from 'vitest';
import {
  alignedMtl,
  cagrad,
  crMogm,
  dbMtl,
  dwa,
  famo,
  fixed,
  gls,
  gradnorm,
  gradvac,
  imtlG,
  mgda,
  nashMtl,
  pcgrad,
  plugin,
  rlw,
  uncertainty,
  upgrad,
} from '../src';
import { combine, dot, gramianOf } from './gradients';

interface Problem {
  gradients: number[][];
  losses: number[];
  key: Key;
}

/** Random gradients of different lengths, and losses; of any rank. */
function problem(seed: number, tasks: number, parameters = 6): Problem {
  const key = foldKey(keyFromSeed(seed), 'problem');
  const values = randomNormal(key, tasks * parameters);
  const scales = randomUniform(foldKey(key, 'scales'), tasks);
  const gradients = Array.from({ length: tasks }, (_, task) =>
    Array.from(values.subarray(task * parameters, (task + 1) * parameters), (v) => v * (0.1 + scales[task]!)),
  );
  return { gradients, losses: Array.from(scales, (scale) => 0.2 + scale), key };
}

const problems = Array.from({ length: 60 }, (_, seed) => problem(seed, 2 + (seed % 4)));

function solve(balancer: Balancer, { gradients, losses, key }: Problem, given: unknown = {}) {
  const options = parseOptions(balancer.options, given, balancer.name);
  const tasks = losses.map((_, task) => `task ${task}`);
  const gramian = gramianOf(gradients);
  const { weights } = balancer.weights(
    { update: 0, epoch: 0, key, losses, gramian, crossGramian: gramian },
    tasks.map(() => true),
    balancer.initialise(tasks, options),
    options,
  );
  return { weights, direction: combine(gradients, weights) };
}

const length = (vector: readonly number[]) => Math.sqrt(dot(vector, vector));
const unit = (vector: readonly number[]) => vector.map((value) => value / length(vector));

function expectClose(found: readonly number[], expected: readonly number[], tolerance = 1e-9): void {
  const largest = Math.max(...expected.map(Math.abs));
  found.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!)).toBeLessThan(tolerance * largest);
  });
}

/** Least product of a direction with a gradient, relative to the gradients' lengths. */
const worst = ({ gradients }: Problem, direction: readonly number[]) =>
  Math.min(...gradients.map((gradient) => dot(gradient, direction) / length(gradient) / length(direction)));

describe('no conflict', () => {
  test.each([
    ['upgrad', upgrad],
    ['mgda', mgda],
  ])('%s: no task is harmed, with up to 10 tasks and fewer parameters than tasks', (_, balancer) => {
    const larger = [problem(1, 10, 40), problem(2, 10, 12), problem(3, 8, 9)];
    for (const given of [...problems, ...larger]) {
      expect(worst(given, solve(balancer, given).direction)).toBeGreaterThan(-1e-7);
    }
    // Gradients that pull apart in a plane leave no way that harms none; the answer is to stay.
    const stuck = {
      ...problem(4, 3),
      gradients: [
        [1, 0],
        [-1, 3],
        [-1, -1],
      ],
    };
    expect(length(solve(balancer, stuck).direction)).toBeLessThan(1e-6);
  });

  test('pcgrad: two tasks are not harmed, and gradients that agree are summed', () => {
    for (const given of problems.filter(({ losses }) => losses.length === 2)) {
      expect(worst(given, solve(pcgrad, given).direction)).toBeGreaterThan(-1e-9);
    }
    for (const given of problems) {
      const agreeing = { ...given, gradients: given.gradients.map((row) => row.map(Math.abs)) };
      expect(solve(pcgrad, agreeing).weights).toEqual(given.losses.map(() => 1));
      expectClose(
        solve(upgrad, agreeing).weights,
        given.losses.map(() => 1 / given.losses.length),
      );
    }
  });

  test('gradvac: with wanted cosines that stay 0 it is pcgrad', () => {
    for (const given of problems.filter(({ losses }) => losses.length === 2)) {
      expectClose(solve(gradvac, given, { beta: 0 }).direction, solve(pcgrad, given).direction);
    }
  });
});

test('mgda: the shortest vector projects on every gradient by its own length or more', () => {
  for (const given of problems) {
    const { weights, direction } = solve(mgda, given);
    expect(weights.every((weight) => weight >= 0)).toBe(true);
    expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    for (const gradient of given.gradients) {
      expect(dot(gradient, direction)).toBeGreaterThan(dot(direction, direction) - 1e-9);
    }
  }
});

test('cagrad: on the ball around the mean gradient, better for the worst task; the sum for c = 0', () => {
  for (const given of problems) {
    const count = given.losses.length;
    const mean = combine(
      given.gradients,
      given.losses.map(() => 1 / count),
    );
    const direction = solve(cagrad, given, { c: 0.5, rescale: false }).direction.map(
      (value) => value / count,
    );
    const away = direction.map((value, k) => value - mean[k]!);
    expect(length(away)).toBeCloseTo(0.5 * length(mean), 9);
    const least = (vector: readonly number[]) => Math.min(...given.gradients.map((g) => dot(g, vector)));
    expect(least(direction)).toBeGreaterThan(least(mean));
    expectClose(
      solve(cagrad, given, { c: 0 }).weights,
      given.losses.map(() => 1),
    );
  }
});

test('imtl-g: equal projections on all gradients', () => {
  for (const given of problems) {
    const { weights, direction } = solve(imtlG, given);
    const projections = given.gradients.map((gradient) => dot(gradient, direction) / length(gradient));
    const largest = Math.max(...given.gradients.map(length));
    for (const projection of projections) {
      expect(Math.abs(projection - projections[0]!)).toBeLessThan(1e-8 * largest);
    }
    expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
  }
});

describe('scale invariance', () => {
  const scaled = (given: Problem): Problem => {
    const factors = given.losses.map((_, task) => 10 ** (task - 1.5));
    return {
      ...given,
      gradients: given.gradients.map((row, task) => row.map((value) => value * factors[task]!)),
      losses: given.losses.map((loss, task) => loss * factors[task]!),
    };
  };

  test('nash-mtl: the direction does not change, and every task gains alike', () => {
    for (const given of problems) {
      const { weights, direction } = solve(nashMtl, given);
      expectClose(unit(solve(nashMtl, scaled(given)).direction), unit(direction), 1e-6);
      const gains = given.gradients.map((gradient, task) => weights[task]! * dot(gradient, direction));
      expectClose(
        gains,
        gains.map(() => gains[0]!),
        1e-7,
      );
      expect(length(direction)).toBeLessThan(1 + 1e-9);
    }
  });

  test('gls and db-mtl: the direction does not change but in length', () => {
    for (const given of problems) {
      for (const [balancer, options] of [
        [gls, {}],
        [dbMtl, { beta: 0 }],
      ] as const) {
        const { direction } = solve(balancer, given, options);
        expectClose(unit(solve(balancer, scaled(given), options).direction), unit(direction), 1e-5);
      }
    }
  });
});

test('aligned-mtl: orthogonal gradients come out equally long', () => {
  const gradients = [
    [3, 0, 0],
    [0, 0.5, 0],
    [0, 0, 20],
  ];
  const given = { gradients, losses: [1, 1, 1], key: keyFromSeed(0) };
  expectClose(solve(alignedMtl, given).direction, [0.5, 0.5, 0.5]);
  expectClose(solve(alignedMtl, given, { scale: 'median' }).direction, [3, 3, 3]);
});

test('db-mtl: weighted gradients of logarithms are as long as the longest', () => {
  for (const given of problems) {
    const { weights } = solve(dbMtl, given);
    const found = given.gradients.map((gradient, task) => weights[task]! * length(gradient));
    expectClose(
      found,
      found.map(() => Math.max(...given.gradients.map(length))),
      1e-6,
    );
  }
});

/** Weights after many updates with the same numbers. */
function settled(balancer: Balancer, given: Problem, options: unknown, updates: number): readonly number[] {
  const parsed = parseOptions(balancer.options, options, balancer.name);
  const tasks = given.losses.map((_, task) => `task ${task}`);
  const present = tasks.map(() => true);
  const gramian = gramianOf(given.gradients);
  let state = balancer.initialise(tasks, parsed);
  let weights: readonly number[] = [];
  for (let update = 0; update < updates; update++) {
    ({ weights, state } = balancer.weights(
      { update, epoch: 0, key: given.key, losses: given.losses, gramian },
      present,
      state,
      parsed,
    ));
  }
  return weights;
}

test('uncertainty: weights settle at 1 / (2 loss)', () => {
  const given = problem(3, 3);
  const weights = settled(uncertainty, given, { rate: 0.01 }, 2000);
  expectClose(
    weights,
    given.losses.map((loss) => 1 / (2 * loss)),
    1e-3,
  );
});

test('gradnorm: without alpha, weighted gradients settle at one length, and the weights sum to the tasks', () => {
  const given = problem(3, 3);
  const weights = settled(gradnorm, given, { alpha: 0, rate: 0.001 }, 4000);
  const found = weights.map((weight, task) => weight * length(given.gradients[task]!));
  const mean = found.reduce((a, b) => a + b, 0) / 3;
  expectClose(
    found,
    found.map(() => mean),
    0.01,
  );
  expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(3, 9);
});

test('gradnorm: a task that is behind gets more', () => {
  const options = parseOptions(gradnorm.options, {}, 'gradnorm');
  const gramian = [
    [1, 0],
    [0, 1],
  ];
  const at = (update: number, losses: number[], state = gradnorm.initialise(['a', 'b'], options)) =>
    gradnorm.weights({ update, epoch: 0, key: [1, 1], losses, gramian }, [true, true], state, options);
  const { state } = at(0, [1, 1]);
  const second = at(1, [0.2, 0.9], state);
  const third = at(2, [0.2, 0.9], second.state);
  expect(third.weights[1]).toBeGreaterThan(third.weights[0]!);
});

test('famo: weighted losses are equal at first, and a task that falls faster gets less', () => {
  const options = parseOptions(famo.options, {}, 'famo');
  const losses = [2, 0.5];
  const inputs = { update: 0, epoch: 0, key: [1, 1] as const, losses };
  const present = [true, true];
  const { weights, state } = famo.weights(inputs, present, famo.initialise(['a', 'b'], options), options);
  expect(weights[0]! * 2).toBeCloseTo(weights[1]! * 0.5, 6);
  const moved = famo.afterStep!(losses, [1, 0.45], present, state, options);
  const next = famo.weights(inputs, present, moved, options).weights;
  expect(next[0]! * 2).toBeLessThan(next[1]! * 0.5);
});

test('dwa: a task whose loss fell less weighs more; batches of an epoch are averaged', () => {
  const options = parseOptions(dwa.options, {}, 'dwa');
  let state = dwa.initialise(['a', 'b'], options);
  const at = (epoch: number, losses: number[]) => {
    const { weights, state: next } = dwa.weights(
      { update: 0, epoch, key: [1, 1], losses },
      [true, true],
      state,
      options,
    );
    state = next;
    return weights;
  };
  for (const losses of [
    [2, 3],
    [4, 5],
  ]) {
    expect(at(0, losses)).toEqual([1, 1]);
  }
  for (const losses of [
    [1, 3],
    [2, 3],
  ]) {
    expect(at(1, losses)).toEqual([1, 1]);
  }
  // Means of 3 and 4, then 1.5 and 3: ratios 1/2 and 3/4.
  const [first, second] = at(2, [1, 1]);
  expect(second! / first!).toBeCloseTo(Math.exp(0.125), 12);
  expect(first! + second!).toBeCloseTo(2, 12);
});

test('rlw: new weights for every key, even on average', () => {
  const sums = [0, 0, 0];
  for (let seed = 0; seed < 500; seed++) {
    const { weights } = solve(rlw, { ...problem(1, 3), key: keyFromSeed(seed) });
    weights.forEach((weight, task) => {
      sums[task]! += weight / 500;
    });
  }
  for (const sum of sums) expect(Math.abs(sum - 1 / 3)).toBeLessThan(0.03);
  const draw = () => solve(rlw, problem(1, 3)).weights;
  expect(draw()).toEqual(draw());
});

test('static: weights by name or in order', () => {
  const options = parseOptions(fixed.options, { weights: { depth: 0.5, rooms: 2 } }, 'static');
  const state = fixed.initialise(['rooms', 'depth'], options);
  const inputs = { update: 0, epoch: 0, key: [1, 1] as const, losses: [1, 1] };
  expect(fixed.weights(inputs, [true, true], state, options).weights).toEqual([2, 0.5]);
  expect(solve(fixed, problem(1, 3), { weights: [1, 2, 3] }).weights).toEqual([1, 2, 3]);
});

test('an absent task changes nothing for the others', () => {
  for (const balancer of plugin.balancers!.filter(({ name }) => name !== 'static')) {
    const options = parseOptions(balancer.options, {}, balancer.name);
    const { gradients, losses, key } = problem(7, 4);
    const present = [true, false, true, true];
    const keep = <Value>(values: readonly Value[]) => values.filter((_, task) => present[task]);
    const tasks = ['a', 'b', 'c', 'd'];
    const inputs = { update: 0, epoch: 0, key };
    const products = (rows: number[][]) => ({ gramian: gramianOf(rows), crossGramian: gramianOf(rows) });
    const all = balancer.weights(
      { ...inputs, losses, ...products(gradients) },
      present,
      balancer.initialise(tasks, options),
      options,
    );
    const three = balancer.weights(
      { ...inputs, losses: keep(losses), ...products(keep(gradients)) },
      [true, true, true],
      balancer.initialise(keep(tasks), options),
      options,
    );
    expect(keep(all.weights)).toEqual(three.weights);
    expect(keep(all.heads)).toEqual(three.heads);
    expect(all.weights[1]).toBe(0);
  }
});

test('a single task goes its own way, whatever the balancer', () => {
  for (const balancer of plugin.balancers!) {
    const given = balancer.name === 'static' ? { weights: [1] } : {};
    const { weights } = solve(balancer, problem(5, 1), given);
    expect(weights[0]).toBeGreaterThan(0);
  }
});

test('heads follow their losses as they are, or weighted', () => {
  const { losses, gradients, key } = problem(2, 3);
  const inputs = { update: 0, epoch: 0, key, losses, gramian: gramianOf(gradients) };
  const answer = (heads: 'weighted' | 'unweighted') =>
    mgda.weights(inputs, [true, true, true], {}, { normalise: 'none', heads });
  expect(answer('unweighted').heads).toEqual([1, 1, 1]);
  expect(answer('weighted').heads).toEqual(answer('weighted').weights);
});

describe('what cannot be is refused when the config is read', () => {
  const setup = { tasks: ['rooms', 'depth'], gradients: 'parameters' } as const;

  test('averaged gradients of a representation', () => {
    const onRepresentation = { ...setup, gradients: 'representation' } as const;
    const averaged = parseOptions(dbMtl.options, {}, 'db-mtl');
    expect(() => checkBalancer(dbMtl, onRepresentation, averaged)).toThrow(
      /"db-mtl".*representation.*"beta" to 0/,
    );
    checkBalancer(dbMtl, onRepresentation, parseOptions(dbMtl.options, { beta: 0 }, 'db-mtl'));
    checkBalancer(dbMtl, setup, averaged);
  });

  test.each([
    [{ weights: [1, 2, 3] }, /has 3 weights for 2 tasks \(rooms, depth\)/],
    [{ weights: { rooms: 1 } }, /none for task "depth"/],
    [{ weights: { rooms: 1, depth: 1, normals: 1 } }, /names "normals", which is no task/],
  ])('static weights %j', (given, message) => {
    const options = parseOptions(fixed.options, given, 'static');
    expect(() => checkBalancer(fixed, setup, options)).toThrow(message);
  });

  test.each<[string, unknown, RegExp]>([
    ['upgrad', { preference: [1, -1] }, /"preference.1": .*>=0/],
    ['nash-mtl', { preference: { rooms: -1, depth: 1 } }, /"preference.rooms": .*>=0/],
    ['stch', { preference: [0, 0] }, /"preference": expected one above 0/],
    ['fairgrad', { alpha: 0 }, /"alpha"/],
    ['cr-mogm', { of: 'mgad' }, /option "of": Unknown balancer "mgad"/],
    ['cr-mogm', { of: { name: 'cagrad', c: -1 } }, /option "of": balancer "cagrad": option "c"/],
    ['cr-mogm', { of: 'cr-mogm' }, /option "of": an average of "cr-mogm" itself/],
  ])('options of %s: %j', (name, given, message) => {
    const balancer = plugin.balancers!.find((one) => one.name === name)!;
    expect(() => parseOptions(balancer.options, given, balancer.name)).toThrow(message);
  });

  test.each([
    [[1, 2, 3], /"preference" has 3 weights for 2 tasks \(rooms, depth\)/],
    [{ rooms: 1 }, /"preference" has none for task "depth"/],
    [{ rooms: 1, depth: 1, normals: 1 }, /names "normals", which is no task/],
  ])('a preference of %j, by every balancer that has one', (preference, message) => {
    let count = 0;
    for (const balancer of plugin.balancers!) {
      if (!optionNames(balancer.options).includes('preference')) continue;
      count++;
      const options = parseOptions(balancer.options, { preference }, balancer.name);
      expect(() => checkBalancer(balancer, setup, options), balancer.name).toThrow(message);
      const averaged = parseOptions(crMogm.options, { of: { name: balancer.name, preference } }, 'cr-mogm');
      expect(() => checkBalancer(crMogm, setup, averaged)).toThrow(message);
    }
    expect(count).toBe(15);
  });

  test('options out of range, by name', () => {
    const parse = (balancer: Balancer, given: unknown) => () =>
      parseOptions(balancer.options, given, balancer.name);
    expect(parse(cagrad, { c: -1 })).toThrow(/cagrad.*"c"/);
    expect(parse(mgda, { normalize: 'none' })).toThrow(/"normalise"/);
    expect(parse(fixed, { weights: [-1] })).toThrow(/weights/);
    expect(parse(dbMtl, { beta: 1 })).toThrow(/"beta"/);
  });
});

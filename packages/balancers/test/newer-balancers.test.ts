import { readFileSync } from 'node:fs';
import type { Key } from '@overparam/engine';
import { type Balancer, parseOptions } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { graddrop, plugin } from '../src';
import { combine, dot, gramianOf } from './gradients';

interface Problem {
  gradients: number[][];
  losses: number[];
  key: Key;
}

/** What `fixtures/newer-balancers.py` adds to a problem. */
interface Found {
  /** Gradients on a second batch. */
  second: number[][];
  preference: number[];
  uniform: number[];
  expected: Record<string, number[]>;
  /** By the value of the balancer's first option. */
  variants: Record<string, Record<string, number[]>>;
  preferred: Record<string, number[]>;
  graddrop: number[];
}

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'));
const { problems } = read('balancers') as { problems: Problem[] };
const newer = read('newer-balancers') as {
  problems: Found[];
  runs: { first: number; runs: [string, object, number[][]][] }[];
};

const named = (name: string): Balancer => plugin.balancers!.find((balancer) => balancer.name === name)!;

/** Largest difference, relative to the largest number expected. */
function gap(found: readonly number[], expected: readonly number[]): number {
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...found.map((value, i) => Math.abs(value - expected[i]!))) / largest;
}

/** Directions of updates in a row, each an epoch of its own. */
function directions(
  name: string,
  given: object,
  steps: readonly { readonly problem: Problem; readonly second: number[][] }[],
  rounded = (matrix: number[][]) => matrix,
): number[][] {
  const balancer = named(name);
  const options = parseOptions(balancer.options, given, name);
  const tasks = steps[0]!.problem.losses.map((_, task) => `task ${task}`);
  let state = balancer.initialise(tasks, options);
  return steps.map(({ problem: { gradients, losses, key }, second }, update) => {
    const crossGramian = rounded(gradients.map((a) => second.map((b) => dot(a, b))));
    const gramian = rounded(gramianOf(gradients));
    const inputs = { update, epoch: update, key, losses, gramian, crossGramian };
    const present = tasks.map(() => true);
    const answer = balancer.weights(inputs, present, state, options);
    state = answer.state;
    return combine(gradients, answer.weights);
  });
}

const cases = problems.map((problem, index) => ({ problem, ...newer.problems[index]! }));
const single = (matrix: number[][]) => matrix.map((row) => row.map(Math.fround));

test.each(Object.keys(newer.problems[0]!.expected))('%s: the direction of 60 random problems', (name) => {
  expect(cases.length).toBeGreaterThanOrEqual(50);
  for (const { problem, second, expected } of cases) {
    const step = [{ problem, second }];
    expect(gap(directions(name, {}, step)[0]!, expected[name]!)).toBeLessThan(1e-6);
    expect(gap(directions(name, {}, step, single)[0]!, expected[name]!)).toBeLessThan(1e-4);
  }
});

test.each([
  ['fairgrad', 'alpha'],
  ['norm-equalise', 'exponent'],
])('%s: the direction of 60 random problems with other values of %s', (name, option) => {
  for (const { problem, second, variants } of cases) {
    for (const [value, expected] of Object.entries(variants[name]!)) {
      const [found] = directions(name, { [option]: Number(value) }, [{ problem, second }]);
      expect(gap(found!, expected)).toBeLessThan(1e-6);
    }
  }
});

test.each(Object.keys(newer.problems[0]!.preferred))('%s: a preference, on 60 random problems', (name) => {
  for (const { problem, second, preference, preferred } of cases) {
    const more = name === 'db-mtl' ? { beta: 0 } : {};
    const step = [{ problem, second }];
    const [found] = directions(name, { ...more, preference }, step);
    expect(gap(found!, preferred[name]!)).toBeLessThan(1e-5);
    const byName = Object.fromEntries(preference.map((share, task) => [`task ${task}`, 5 * share]));
    const [again] = directions(name, { ...more, preference: byName }, step);
    expect(gap(again!, found!)).toBeLessThan(1e-9);
    const [even] = directions(name, { ...more, preference: preference.map(() => 3) }, step);
    expect(even).toEqual(directions(name, more, step)[0]);
  }
});

test.each(newer.runs[0]!.runs.map(([name, given], index) => [name, JSON.stringify(given), index] as const))(
  '%s %s: the directions of 44 runs of 5 updates',
  (name, _, index) => {
    expect(newer.runs.length).toBeGreaterThanOrEqual(44);
    for (const { first, runs } of newer.runs) {
      const [, given, expected] = runs[index]!;
      const found = directions(name, given, cases.slice(first, first + 5));
      // Differences of the loss, which STCH is held against, are rounded.
      found.forEach((direction, update) => {
        expect(gap(direction, expected[update]!)).toBeLessThan(name === 'stch' ? 1e-5 : 1e-6);
      });
    }
  },
);

test('graddrop: the elements that stay in 60 random problems', () => {
  for (const { problem, uniform, graddrop: expected } of cases) {
    const found = tf.tidy(() => {
      const gradients = problem.gradients.map((row) => tf.tensor1d(row));
      const factors = graddrop.elementFactors!(gradients, tf.tensor1d(uniform), { leak: 0 });
      return [...tf.addN(gradients.map((gradient, task) => tf.mul(gradient, factors[task]!))).dataSync()];
    });
    expect(gap(found, expected)).toBeLessThan(1e-6);
  }
});

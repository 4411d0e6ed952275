import { readFileSync } from 'node:fs';
import type { Key } from '@overparam/engine';
import { type Balancer, parseOptions } from '@overparam/plugin';
import { expect, test } from 'vitest';
import { plugin } from '../src';
import { combine, gramianOf } from './gradients';

interface Problem {
  gradients: number[][];
  losses: number[];
  key: Key;
  expected: Record<string, number[]>;
}

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'));
const { problems, runs } = read('balancers') as {
  problems: Problem[];
  runs: { first: number; expected: Record<string, number[][]> }[];
};
const trained = read('trained-balancers') as { first: number; weights: Record<string, number[][]> }[];

function named(name: string): Balancer {
  return plugin.balancers!.find((balancer) => balancer.name === name)!;
}

/** Largest difference, relative to the largest number expected. */
function gap(found: readonly number[], expected: readonly number[]): number {
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...found.map((value, i) => Math.abs(value - expected[i]!))) / largest;
}

/** Weights over updates in a row, the losses after each being those of the next; averages kept as asked for. */
function updates(balancer: Balancer, steps: readonly Problem[], given: unknown) {
  const options = parseOptions(balancer.options, given, balancer.name);
  const tasks = steps[0]!.losses.map((_, task) => `task ${task}`);
  const present = tasks.map(() => true);
  let state = balancer.initialise(tasks, options);
  let averages = steps[0]!.gradients.map((row) => row.map(() => 0));
  return steps.map(({ gradients, losses, key }, update) => {
    let used = gradients;
    if (balancer.needs(options).includes('averagedGradients')) {
      const { of, decay } = balancer.averaging!(update, options);
      const slope = losses.map((loss) => (of === 'logLoss' ? 1 / (loss + 1e-8) : 1));
      averages = averages.map((row, task) =>
        row.map((value, k) => decay * value + (1 - decay) * slope[task]! * gradients[task]![k]!),
      );
      used = averages;
    }
    const inputs = { update, epoch: update, key, losses, gramian: gramianOf(used) };
    const { weights, state: next } = balancer.weights(inputs, present, state, options);
    const after = steps[(update + 1) % steps.length]!.losses;
    state = balancer.afterStep?.(losses, after, present, next, options) ?? next;
    return { weights, direction: combine(used, weights) };
  });
}

const options: Record<string, unknown> = { 'db-mtl': { beta: 0 } };

test.each(Object.keys(problems[0]!.expected))('%s: the direction of 60 random problems', (name) => {
  expect(problems.length).toBeGreaterThanOrEqual(50);
  const gaps = problems.map((problem) =>
    gap(updates(named(name), [problem], options[name] ?? {})[0]!.direction, problem.expected[name]!),
  );
  expect(Math.max(...gaps)).toBeLessThan(1e-6);
});

test.each(Object.keys(problems[0]!.expected))(
  '%s: the same from a Gramian in float32, as steps give it',
  (name) => {
    const single = (values: number[][]) => values.map((row) => row.map(Math.fround));
    for (const { gradients, losses, key, expected } of problems) {
      const balancer = named(name);
      const given = parseOptions(balancer.options, options[name] ?? {}, name);
      const tasks = losses.map((_, task) => `task ${task}`);
      const { weights } = balancer.weights(
        { update: 0, epoch: 0, key, losses, gramian: single(gramianOf(gradients)) },
        tasks.map(() => true),
        balancer.initialise(tasks, given),
        given,
      );
      expect(gap(combine(gradients, weights), expected[name]!)).toBeLessThan(1e-4);
    }
  },
);

test.each(Object.keys(runs[0]!.expected))('%s: the directions of 20 runs of 3 updates', (name) => {
  for (const { first, expected } of runs) {
    const found = updates(named(name), problems.slice(first, first + 3), {});
    found.forEach(({ direction }, update) => {
      expect(gap(direction, expected[name]![update]!)).toBeLessThan(1e-6);
    });
  }
});

test.each(Object.keys(trained[0]!.weights))("%s: the weights of 52 runs with PyTorch's Adam", (name) => {
  expect(trained.length).toBeGreaterThanOrEqual(50);
  const given = name === 'uncertainty' || name === 'imtl-l' ? { rate: 0.025 } : {};
  for (const { first, weights } of trained) {
    const three = problems.slice(first, first + 3);
    const found = updates(named(name), [...three, ...three], given);
    expect(found.length).toBe(weights[name]!.length);
    found.forEach((step, update) => {
      expect(gap(step.weights, weights[name]![update]!)).toBeLessThan(1e-6);
    });
  }
});

import { type Balancer, type BalancerState, parseOptions } from '@overparam/plugin';
import { describe, expect, test } from 'vitest';
import { plugin } from '../src';
import { combine, dot } from './gradients';
import { type HardProblem, hardProblem, hardProblems, lengthsOf } from './gramians';

const problems = hardProblems();

const options: Readonly<Record<string, (tasks: number) => unknown>> = {
  static: (tasks) => ({ weights: Array.from({ length: tasks }, () => 1) }),
  'db-mtl': () => ({ beta: 0 }),
};

/** A state as a checkpoint gives it back. */
const throughJson = (state: BalancerState) => JSON.parse(JSON.stringify(state)) as BalancerState;

/** Balancers whose sum of gradients is shortened to length 1. */
const shortening = ['nash-mtl', 'norm-equalise', 'fairgrad', 'sdmgrad'];

/** What a balancer answers after an update on a problem alike, so that states are hard as well. */
function answer(
  balancer: Balancer,
  problem: HardProblem,
  before = problem,
  gramian = problem.gramian,
  kept = (state: BalancerState) => state,
) {
  const tasks = problem.losses.map((_, task) => `task ${task}`);
  const present = tasks.map(() => true);
  const given = parseOptions(balancer.options, options[balancer.name]?.(tasks.length) ?? {}, balancer.name);
  const { key, losses, crossGramian } = problem;
  const start = balancer.initialise(tasks, given);
  if (Object.keys(start).length === 0 && balancer.afterStep === undefined) {
    return balancer.weights(
      { update: 0, epoch: 0, key, losses, gramian, crossGramian },
      present,
      start,
      given,
    );
  }
  const first = {
    update: 0,
    epoch: 0,
    key,
    losses: before.losses,
    gramian: before.gramian,
    crossGramian: before.crossGramian,
  };
  const after = balancer.weights(first, present, start, given).state;
  const state = balancer.afterStep?.(before.losses, losses, present, after, given) ?? after;
  return balancer.weights(
    { update: 1, epoch: 1, key, losses, gramian, crossGramian },
    present,
    kept(state),
    given,
  );
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const largest = (values: readonly number[]) => Math.max(...values.map(Math.abs));
/** float32's rounding of a Gramian, and that of doubles, may exceed a bound by so much. */
const rounding = 1.05;

/** What each balancer's docs say that its weights are bounded by: 1 is the bound. */
const bounds: Readonly<Record<string, (weights: readonly number[], problem: HardProblem) => number>> = {
  equal: (weights) => largest(weights),
  static: (weights) => largest(weights),
  uncertainty: (weights) => largest(weights) / 5e7,
  dwa: (weights) => sum(weights) / weights.length,
  rlw: (weights) => sum(weights),
  gls: (weights, { losses }) => largest(weights) / (1e8 * Math.max(...losses)),
  gradnorm: (weights) => sum(weights) / weights.length,
  pcgrad: relative((_, norms) => sum(norms)),
  gradvac: relative((task, norms) => norms[task]! + 1000 * sum(norms)),
  cagrad: relative((task, norms, { gradients }) => {
    const mean = combine(
      gradients,
      norms.map(() => 1 / norms.length),
    );
    return (norms[task]! + 1000 * 0.4 * norms.length * Math.sqrt(dot(mean, mean))) / 1.16;
  }),
  mgda: (weights) => sum(weights.map(Math.abs)),
  'imtl-g': (weights) => sum(weights.map(Math.abs)) / 1000,
  'nash-mtl': relative((_, norms) => 1000 / Math.sqrt(norms.filter((norm) => norm > 0).length)),
  'aligned-mtl': (weights) => dot(weights, weights) / weights.length,
  famo: (weights) => sum(weights),
  'db-mtl': relative((_, norms, { losses }) =>
    Math.max(...norms.map((norm, task) => norm / (losses[task]! + 1e-8))),
  ),
  upgrad: relative((task, norms) => (norms[task]! + 1000 * sum(norms)) / norms.length),
  'norm-equalise': relative((_, norms) => rootMeanSquare(norms)),
  fairgrad: relative((_, norms) => 1000 * rootMeanSquare(norms)),
  config: relative((_, norms) => 2900 * sum(norms)),
  dualproj: relative((task, norms) => (norms[task]! + 1000 * sum(norms)) / norms.length),
  'imtl-l': (weights) => largest(weights) / 1e8,
  stch: (weights) => largest(weights) / (1e8 * weights.length),
  go4align: (weights, { losses }) => largest(weights) / (1e8 * sum(losses)),
  sdmgrad: (weights) => sum(weights.map(Math.abs)) / weights.length,
  modo: (weights) => sum(weights.map(Math.abs)),
  graddrop: (weights) => largest(weights),
  // Of mgda, as everywhere here.
  'cr-mogm': (weights) => sum(weights.map(Math.abs)),
};

const rootMeanSquare = (values: readonly number[]) => Math.sqrt(dot(values, values) / values.length);

/** A bound of weighted gradients' lengths; one of no length is left out. */
function relative(bound: (task: number, norms: readonly number[], problem: HardProblem) => number) {
  return (weights: readonly number[], problem: HardProblem) => {
    const norms = lengthsOf(problem);
    return Math.max(
      0,
      ...weights.map((weight, task) =>
        norms[task]! > 0 ? (Math.abs(weight) * norms[task]!) / bound(task, norms, problem) : 0,
      ),
    );
  };
}

const neighbour = ({ seed, index }: HardProblem) =>
  hardProblem(seed, index % 2 === 0 ? index + 1 : index - 1);
const single = (matrix: HardProblem['gramian']) => matrix.map((row) => row.map(Math.fround));

describe.each(plugin.balancers!.map((balancer) => [balancer.name, balancer] as const))(
  '%s',
  (name, balancer) => {
    test.each([
      ['in doubles', (matrix: HardProblem['gramian']) => matrix],
      ['in float32, as steps give them', single],
    ])('weights and state are finite and bounded on Gramians %s', (_, round) => {
      for (const problem of problems) {
        const { weights, heads, state } = answer(
          balancer,
          problem,
          neighbour(problem),
          round(problem.gramian),
        );
        const numbers = [...weights, ...heads, ...(Object.values(state).flat(2) as number[])];
        expect(numbers.every(Number.isFinite), `${problem.title}: ${numbers}`).toBe(true);
        const resumed = answer(balancer, problem, neighbour(problem), round(problem.gramian), throughJson);
        expect(resumed, problem.title).toEqual({ weights, heads, state });
        expect(bounds[name]!(weights, problem), `${problem.title}: ${weights}`).toBeLessThan(rounding);
        // What has no length has no say in its weight, which must not grow all the same.
        const most = problem.losses.length / Math.min(1, ...problem.losses);
        lengthsOf(problem).forEach((norm, task) => {
          if (norm === 0) expect(Math.abs(weights[task]!), problem.title).toBeLessThanOrEqual(most);
        });
      }
    });

    test('gradients at the ends of float32, whose squares are 0 beside products that are not', () => {
      for (const tiny of [1e-46, 1e-30, 1e-21]) {
        for (const huge of [1, 1e18]) {
          const row = [tiny, -0.9 * tiny * huge, 0.5 * tiny * huge];
          const gramian = [
            [tiny * tiny, row[1]!, row[2]!],
            [row[1]!, huge * huge, 0.3 * huge * huge],
            [row[2]!, 0.3 * huge * huge, huge * huge],
          ];
          const { key } = problems[0]!;
          const numbers = {
            losses: [1e-30, 1, 1e30],
            gramian: single(gramian),
            crossGramian: single(gramian),
          };
          const problem = { ...problems[0]!, key, ...numbers };
          const { weights, heads, state } = answer(balancer, problem);
          const all = [...weights, ...heads, ...(Object.values(state).flat(2) as number[])];
          expect(all.every(Number.isFinite), `${tiny} and ${huge}: ${all}`).toBe(true);
        }
      }
    });

    // Random weights do not follow from the Gramian; random orders do where there is but one.
    if (name === 'rlw') return;
    const drawn = name === 'pcgrad' || name === 'gradvac';
    // MoDo's step is in units of the gradients' products. An average of MGDA's weights is, where several do, as drawn.
    const unscaled = name === 'modo';
    const several = name === 'cr-mogm';

    test('tasks in another order get their own weights', () => {
      // How IMTL-G divides weight between parallel gradients is left to its ridge of 1e-12.
      const tolerance = name === 'imtl-g' ? 1e-3 : 1e-6;
      for (const problem of problems) {
        const count = problem.losses.length;
        if ((drawn && count > 2) || several) continue;
        const order = problem.losses.map((_, task) => (task + 1) % count);
        const turn = <Value>(values: readonly Value[]) => order.map((task) => values[task]!);
        const turned = {
          ...problem,
          losses: turn(problem.losses),
          gramian: turn(problem.gramian).map(turn),
          crossGramian: turn(problem.crossGramian).map(turn),
        };
        const expected = turn(answer(balancer, problem).weights);
        const found = answer(balancer, turned).weights;
        expect(differenceOf(found, expected, turn(problem.gradients)), problem.title).toBeLessThan(tolerance);
      }
    });

    test('gradients scaled as one get the same direction', () => {
      for (const problem of problems) {
        // DB-MTL and the Adam of GradNorm add 1e-8 to lengths.
        const shortest = Math.min(...lengthsOf(problem).filter((norm) => norm > 0));
        if ((name === 'db-mtl' || name === 'gradnorm') && shortest < 1) continue;
        const scaled = {
          ...problem,
          gramian: problem.gramian.map((row) => row.map((value) => value * 4 ** 8)),
          crossGramian: problem.crossGramian.map((row) => row.map((value) => value * 4 ** 8)),
        };
        const expected = answer(balancer, problem).weights;
        const found = answer(balancer, scaled).weights;
        if (unscaled || several) continue;
        const factor = shortening.includes(name) ? largest(expected) / largest(found) : 1;
        const alike = found.map((weight) => weight * factor);
        expect(differenceOf(alike, expected, problem.gradients), problem.title).toBeLessThan(1e-6);
      }
    });
  },
);

/** How far two ways to weigh lead apart, relative to what is summed. */
function differenceOf(
  found: readonly number[],
  expected: readonly number[],
  gradients: HardProblem['gradients'],
): number {
  const norms = lengthsOf({ gradients });
  const size = sum(norms.map((norm, task) => norm * Math.abs(expected[task]!)));
  const gap = combine(
    gradients,
    found.map((weight, task) => weight - expected[task]!),
  );
  return Math.sqrt(dot(gap, gap)) / (size || 1);
}

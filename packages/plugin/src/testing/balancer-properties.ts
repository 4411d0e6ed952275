import { foldKey, type Key, keyFromSeed, randomNormal, randomUniform } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import type { Balancer, BalancerProperties, BalancerState } from '../contracts';
import { ensure } from './runner';

/** Gradients of some tasks on two batches, and losses, at one update. */
interface Update {
  readonly key: Key;
  readonly losses: readonly number[];
  /** After the update. */
  readonly after: readonly number[];
  readonly gradients: readonly (readonly number[])[];
  /** On a second batch. */
  readonly others: readonly (readonly number[])[];
}

/** Updates in a row, and the factors of the tasks' losses that linearity is asked about. */
interface Problem {
  readonly names: readonly string[];
  readonly updates: readonly Update[];
  readonly independent: boolean;
  readonly factors: readonly [readonly number[], readonly number[]];
  readonly mix: readonly [number, number];
}

const names = ['first', 'second', 'third', 'fourth', 'fifth'];
/** Largest difference that counts as none, relative to the lengths of what is summed. */
const tolerance = 1e-5;
/** The same, of harm: where gradients cancel, solvers that reach so far and no farther leave a trace of it. */
const toleratedHarm = 1e-4;
const updatesOfProblem = 4;

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, k) => sum + value * b[k]!, 0);
const length = (vector: readonly number[]) => Math.sqrt(dot(vector, vector));
const combine = (rows: readonly (readonly number[])[], weights: readonly number[]) =>
  rows[0]!.map((_, k) => rows.reduce((sum, row, task) => sum + weights[task]! * row[k]!, 0));

/**
 * Random gradients of different lengths: as they are, pulled apart, and with a part that all share; now and then of fewer
 * parameters than tasks.
 */
function problemOf(index: number, count: number): Problem {
  const key = foldKey(foldKey(keyFromSeed(17), 'property'), index);
  const size = [count + 3, count + 3, Math.max(1, count - 2)][index % 3]!;
  const rows = (update: Key, purpose: string, scales: readonly number[]) => {
    const values = randomNormal(foldKey(update, purpose), count * size);
    return scales.map((scale, task) =>
      Array.from(values.subarray(task * size, (task + 1) * size), (value) => value * scale),
    );
  };
  const updates = Array.from({ length: updatesOfProblem }, (_, at) => {
    const update = foldKey(key, at);
    const scales = Array.from(randomUniform(foldKey(update, 'scales'), count), (value) => 0.1 + 2 * value);
    const drawn = rows(update, 'own', scales);
    const mean = combine(
      drawn,
      scales.map(() => 1 / count),
    );
    // Apart, as they are, together; the last with each task's own length again.
    const pull = [-0.8, 0, 2][Math.floor(index / 3) % 3]!;
    const gradients = drawn.map((row, task) =>
      row.map((value, k) => value + pull * mean[k]! * (pull > 0 ? scales[task]! : 1)),
    );
    const losses = Array.from(randomUniform(foldKey(update, 'losses'), count), (value) => 0.2 + 2 * value);
    const after = Array.from(losses, (loss, task) => loss * (0.9 - 0.02 * task));
    return { key: update, losses, after, gradients, others: rows(update, 'other', scales) };
  });
  const factors = (purpose: string) =>
    Array.from(randomUniform(foldKey(key, purpose), count), (value) => 0.05 + 3 * value);
  const [first, second] = randomUniform(foldKey(key, 'mix'), 2) as unknown as [number, number];
  return {
    names: names.slice(0, count),
    updates,
    independent: size > count,
    factors: [factors('one'), factors('two')],
    mix: [0.2 + first, 0.2 + second],
  };
}

/** Each task's losses and gradients times its factor. */
function scaled({ updates, ...rest }: Problem, factors: readonly number[]): Problem {
  const times = (rows: readonly (readonly number[])[]) =>
    rows.map((row, task) => row.map((value) => value * factors[task]!));
  return {
    ...rest,
    updates: updates.map(({ key, losses, after, gradients, others }) => ({
      key,
      losses: losses.map((loss, task) => loss * factors[task]!),
      after: after.map((loss, task) => loss * factors[task]!),
      gradients: times(gradients),
      others: times(others),
    })),
  };
}

/** The tasks in another order. */
function turned({ names: given, updates, ...rest }: Problem): Problem {
  const turn = <Value>(values: readonly Value[]) => [...values.slice(1), values[0]!];
  return {
    ...rest,
    names: turn(given),
    updates: updates.map(({ key, losses, after, gradients, others }) => ({
      key,
      losses: turn(losses),
      after: turn(after),
      gradients: turn(gradients),
      others: turn(others),
    })),
  };
}

/** What a balancer made of the last update: its direction, and how long all that it summed is together. */
interface Outcome {
  readonly direction: readonly number[];
  readonly size: number;
  /** What the weights multiply. */
  readonly gradients: readonly (readonly number[])[];
}

function outcomeOf(balancer: Balancer, options: unknown, problem: Problem): Outcome {
  const needs = balancer.needs(options);
  const present = problem.names.map(() => true);
  let state: BalancerState = balancer.initialise(problem.names, options);
  let averages = problem.updates[0]!.gradients.map((row) => row.map(() => 0));
  let outcome: Outcome | null = null;
  for (const [update, { key, losses, after, gradients, others }] of problem.updates.entries()) {
    let used = gradients;
    if (needs.includes('averagedGradients')) {
      const { of, decay } = balancer.averaging!(update, options);
      averages = averages.map((row, task) => {
        const slope = of === 'logLoss' ? 1 / (losses[task]! + 1e-8) : 1;
        return row.map((value, k) => decay * value + (1 - decay) * slope * gradients[task]![k]!);
      });
      used = averages;
    }
    const inputs = {
      update,
      epoch: update,
      key,
      losses,
      gramian: used.map((a) => used.map((b) => dot(a, b))),
      crossGramian: used.map((a) => others.map((b) => dot(a, b))),
    };
    const { weights, state: next } = balancer.weights(inputs, present, state, options);
    state = balancer.afterStep?.(losses, after, present, next, options) ?? next;
    const weighted = used.map((row, task) => row.map((value) => value * weights[task]!));
    const kept = needs.includes('elements') ? byElement(balancer, options, weighted, key) : weighted;
    outcome = {
      direction: combine(
        kept,
        kept.map(() => 1),
      ),
      size: weighted.reduce((sum, row) => sum + length(row), 0),
      gradients: used,
    };
  }
  return outcome!;
}

/** Gradients times their factors by element. */
function byElement(
  balancer: Balancer,
  options: unknown,
  gradients: readonly (readonly number[])[],
  key: Key,
): number[][] {
  return tf.tidy(() => {
    const uniform = tf.tensor1d(randomUniform(foldKey(key, 'uniform'), gradients[0]!.length));
    const tensors = gradients.map((row) => tf.tensor1d([...row]));
    const factors = balancer.elementFactors!(tensors, uniform, options);
    ensure(factors.length === tensors.length, `${factors.length} factors for ${tensors.length} gradients`);
    return factors.map((factor, task) => {
      ensure(factor.shape.join() === `${gradients[task]!.length}`, `a factor's shape is [${factor.shape}]`);
      const values = factor.dataSync();
      return gradients[task]!.map((value, k) => value * values[k]!);
    });
  });
}

type Contradiction = (balancer: Balancer, options: unknown, problem: Problem) => number;

/** How far a task is harmed, relative to the lengths. */
const harm: Contradiction = (balancer, options, problem) => {
  const { direction, size, gradients } = outcomeOf(balancer, options, problem);
  return Math.max(...gradients.map((row) => -dot(row, direction) / (length(row) * size || 1)));
};

function gap(found: readonly number[], expected: readonly number[], size: number): number {
  return length(found.map((value, k) => value - expected[k]!)) / (size || 1);
}

const nonlinearity: Contradiction = (balancer, options, problem) => {
  const { factors, mix } = problem;
  const at = (values: readonly number[]) => outcomeOf(balancer, options, scaled(problem, values));
  const [one, two] = factors.map(at) as [Outcome, Outcome];
  const together = at(factors[0].map((factor, task) => mix[0] * factor + mix[1] * factors[1][task]!));
  const expected = one.direction.map((value, k) => mix[0] * value + mix[1] * two.direction[k]!);
  return gap(together.direction, expected, together.size);
};

const asymmetry: Contradiction = (balancer, options, problem) => {
  const { direction, size } = outcomeOf(balancer, options, problem);
  return gap(outcomeOf(balancer, options, turned(problem)).direction, direction, size);
};

/**
 * Checks what a balancer declares of its combined gradient against random problems, in both directions.
 *
 * @param tasks  numbers of tasks; those below 2 have nothing to combine
 */
export function checkProperties(balancer: Balancer, options: unknown, tasks: readonly number[]): void {
  const declared = balancer.properties?.(options);
  const counts = tasks.filter((count) => count > 1);
  if (declared === undefined || counts.length === 0) return;
  const problems = counts.flatMap((count) =>
    Array.from({ length: 72 }, (_, index) => problemOf(index, count)),
  );
  const independent = problems.filter((problem) => problem.independent);
  const dependent = problems.filter((problem) => !problem.independent);
  const worst = (of: Contradiction, among: readonly Problem[]) =>
    Math.max(...among.map((problem) => of(balancer, options, problem)));
  const { harmless, linear, symmetric }: BalancerProperties = declared;
  const say = (claim: string, holds: boolean | undefined, find: () => number, tolerated = tolerance) => {
    if (holds === undefined) return;
    const most = find();
    ensure(
      holds === most < tolerated,
      holds
        ? `it declares ${claim}, and a problem contradicts it by ${most.toExponential(1)}`
        : `it denies ${claim}, and no problem contradicts it (${most.toExponential(1)} at most)`,
    );
  };
  const isHarmless = harmless && harmless !== 'no';
  say('to be harmless with independent gradients', isHarmless, () => worst(harm, independent), toleratedHarm);
  if (isHarmless)
    say('to be harmless always', harmless === 'always', () => worst(harm, dependent), toleratedHarm);
  say('to be linear', linear, () => worst(nonlinearity, problems));
  say('to be symmetric', symmetric, () => worst(asymmetry, problems));
}

import { type EngineName, useEngine } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { engines } from '../support/engines';
import { fixture, type MethodName, type OptimiserName, type Run, stored, storedNames } from './fixture';
import { type Followed, follow } from './follow';

const methodNames: MethodName[] = ['plain', 'repvgg', 'fnl', 'trirep'];
const optimiserNames: OptimiserName[] = ['sgd', 'adam', 'adamw'];

/** Largest relative difference over the steps. */
function distance(losses: readonly number[], reference: readonly number[]): number {
  return Math.max(
    ...losses.map((loss, step) => Math.abs(loss - reference[step]!) / Math.abs(reference[step]!)),
  );
}

/**
 * How far a loss may be from PyTorch's float64: with SGD 1e-4; with Adam and AdamW three times as far as PyTorch's own
 * float32 is, the worst of the seeds, or 3e-6.
 */
function allowed(runs: readonly Run[]): number {
  if (runs[0]!.optimiser === 'sgd') return 1e-4;
  return 3 * Math.max(1e-6, ...runs.map((run) => distance(run.float32, run.float64)));
}

function runsOf(method: MethodName, optimiser: OptimiserName): Run[] {
  return fixture.runs.filter((run) => run.method === method && run.optimiser === optimiser);
}

test('the fixture has three seeds of every method and optimiser, and 20 losses in each', () => {
  for (const method of methodNames) {
    for (const optimiser of optimiserNames) {
      const runs = runsOf(method, optimiser);
      expect(runs).toHaveLength(3);
      for (const run of runs) expect([run.float32.length, run.float64.length]).toEqual([20, 20]);
    }
  }
});

const isFirstSeed = ({ method, optimiser, seed }: Run) => seed === runsOf(method, optimiser)[0]!.seed;

/** What runs where, and how: compiled as the engine does it, or op by op on an engine that would compile. */
interface Followers {
  readonly name: string;
  readonly engine: EngineName;
  readonly compiled: boolean;
  readonly chosen: (run: Run) => boolean;
}

/**
 * Every run on wasm, and where it is installed on TensorFlow, compiled; one of each kind on TensorFlow op by op; on cpu,
 * which is slow, two.
 */
const backends: readonly Followers[] = [
  ...engines.map((engine) => ({ name: engine, engine, compiled: true, chosen: () => true })),
  ...engines
    .filter((engine) => engine === 'tensorflow')
    .map((engine) => ({ name: `${engine}, not compiled`, engine, compiled: false, chosen: isFirstSeed })),
  {
    name: 'cpu',
    engine: 'cpu',
    compiled: true,
    chosen: (run) =>
      ['repvgg sgd', 'trirep adamw'].includes(`${run.method} ${run.optimiser}`) && isFirstSeed(run),
  },
];

describe.each(backends)('on $name', ({ engine, compiled, chosen }) => {
  beforeAll(async () => {
    await useEngine(engine);
    // The capability is looked for on the backend object: without it, steps run as they are written.
    if (!compiled) Object.assign(tf.backend(), { compileStep: undefined });
    return () => {
      if (!compiled) Reflect.deleteProperty(tf.backend(), 'compileStep');
    };
  });

  for (const method of methodNames) {
    for (const optimiser of optimiserNames) {
      const runs = runsOf(method, optimiser);
      const own = runs.filter(chosen);
      if (own.length === 0) continue;
      test(`${method} with ${optimiser} follows PyTorch's losses over 20 steps`, () => {
        const before = tf.memory().numTensors;
        const distances = own.map((run) => distance(follow(run).losses, run.float64));
        expect(Math.max(...distances)).toBeLessThanOrEqual(allowed(runs));
        expect(tf.memory().numTensors).toBe(before);
      });
    }
  }
});

describe.each(engines)('running statistics after 20 steps on %s', (engine) => {
  beforeAll(async () => {
    await useEngine(engine);
  });

  test.each(methodNames)('of %s follow PyTorch, unbiased and biased', (method) => {
    const run = runsOf(method, 'sgd')[0]!;
    const unbiased = follow(run, 'unbiased').statistics;
    const biased = follow(run, 'biased').statistics;
    expect(statisticsGap(run, unbiased, 'unbiased')).toBeLessThanOrEqual(1e-4);
    expect(statisticsGap(run, biased, 'biased')).toBeLessThanOrEqual(1e-4);
    // The two are far enough apart for this to tell them.
    expect(statisticsGap(run, unbiased, 'biased')).toBeGreaterThan(1e-3);
  });
});

/** Largest difference of any running statistic from PyTorch's, in units of its tensor's largest value. */
function statisticsGap(run: Run, ours: Followed['statistics'], theirs: 'unbiased' | 'biased'): number {
  const prefix = `${run.method}/${run.seed}/trained/`;
  const names = storedNames(prefix).filter((name) => !name.endsWith(':biased'));
  expect([...ours.keys()].sort()).toEqual([...names].sort());
  const gaps = names.map((name) => {
    const biased = theirs === 'biased' && name.endsWith('variance');
    const { values } = stored(prefix + name + (biased ? ':biased' : ''));
    const scale = Math.max(...values.map(Math.abs));
    const own = ours.get(name)!;
    return Math.max(...values.map((value, index) => Math.abs(value - own[index]!))) / scale;
  });
  return Math.max(...gaps);
}

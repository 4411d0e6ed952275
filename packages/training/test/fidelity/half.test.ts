import { readFileSync } from 'node:fs';
import { precisionProblem, useEngine } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { engines } from '../support/engines';
import { fixture, type Run } from './fixture';
import { follow } from './follow';

const schema = z.object({
  runs: z.array(
    z.object({
      method: z.enum(['plain', 'repvgg', 'fnl', 'trirep']),
      seed: z.int(),
      optimiser: z.enum(['sgd', 'adam', 'adamw']),
      autocast: z.array(z.number()).length(20),
    }),
  ),
});

/** What `make-half-fixtures.py` wrote: the runs of the fixture under PyTorch's bfloat16 autocast. */
const half = schema.parse(JSON.parse(readFileSync(new URL('./fixtures/half.json', import.meta.url), 'utf8')));

const autocastOf = ({ method, seed, optimiser }: Run) =>
  half.runs.find((run) => run.method === method && run.seed === seed && run.optimiser === optimiser)!
    .autocast;

/** Largest relative difference over the steps. */
const distance = (losses: readonly number[], reference: readonly number[]) =>
  Math.max(...losses.map((loss, step) => Math.abs(loss - reference[step]!) / Math.abs(reference[step]!)));

const present = engines.includes('tensorflow');
if (present) await useEngine('tensorflow');

describe.skipIf(!present || precisionProblem('bfloat16') !== null)('in bfloat16', () => {
  describe.each(['plain', 'repvgg', 'fnl', 'trirep'] as const)('%s', (method) => {
    test.each(['sgd', 'adam', 'adamw'] as const)(
      "with %s follows PyTorch's autocast over 20 steps",
      (optimiser) => {
        const runs = fixture.runs.filter((run) => run.method === method && run.optimiser === optimiser);
        expect(runs).toHaveLength(3);
        const before = tf.memory().numTensors;
        const ours = runs.map((run) => follow(run, 'unbiased', 'bfloat16').losses);
        // Three times as far as PyTorch's autocast is from its own float32, the worst of the seeds.
        const allowed = 3 * Math.max(...runs.map((run) => distance(autocastOf(run), run.float32)));
        const found = Math.max(...ours.map((losses, index) => distance(losses, autocastOf(runs[index]!))));
        expect(found).toBeLessThanOrEqual(allowed);
        // It is in half precision: float32 follows PyTorch's float64 a hundred times as closely.
        expect(
          Math.max(...ours.map((losses, index) => distance(losses, runs[index]!.float64))),
        ).toBeGreaterThan(2e-4);
        expect(tf.memory().numTensors).toBe(before);
      },
    );
  });
});

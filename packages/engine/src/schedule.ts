import { OverparamError } from '@overparam/errors';
import * as z from 'zod';
import type { OptionsSchema } from './options/options-schema';

/**
 * A length of training, as a number with its unit: `{ epochs: 5 }` (may be fractional), `{ updates: 100 }`, or
 * `{ share: 0.3 }` of the whole run.
 */
export type Length = { readonly epochs: number } | { readonly updates: number } | { readonly share: number };

const length = z.union(
  [
    z.strictObject({ epochs: z.number().min(0) }),
    z.strictObject({ updates: z.int().min(0) }),
    z.strictObject({ share: z.number().min(0).max(1) }),
  ],
  { error: 'expected a length such as { epochs: 5 }, { updates: 100 } or { share: 0.3 }' },
);

/** What a {@link Length} is written as. */
export const lengthSchema: OptionsSchema<Length> = length;

/**
 * A length in updates, rounded to the nearest whole one.
 *
 * @param run  updates in the whole run, and in one pass over the training data
 */
export function lengthInUpdates(
  length: Length,
  run: { readonly updates: number; readonly updatesPerEpoch: number },
): number {
  if ('epochs' in length) return Math.round(length.epochs * run.updatesPerEpoch);
  return 'updates' in length ? length.updates : Math.round(length.share * run.updates);
}

/**
 * A learning rate over a run.
 *
 * Each schedule reads the keys that are its own and ignores the others, so that a layered config can change
 * `schedule` alone. `step` and `multiStep` count from the run's start, `cosine` from the end of the warm-up.
 */
export interface ScheduleConfig {
  /** How the rate falls from its peak. */
  readonly schedule: 'constant' | 'step' | 'multiStep' | 'cosine';
  /** The largest learning rate. */
  readonly peak: number;
  /** Length of a linear rise from peak / n at the first of its n updates to the peak at its last. */
  readonly warmup?: Length;
  /** `step`: length between two drops. */
  readonly every?: Length;
  /** `multiStep`: when the rate drops. */
  readonly milestones?: readonly Length[];
  /** `step`, `multiStep`: factor at each drop, 0.1 by default. */
  readonly factor?: number;
  /** `cosine`: the rate that it ends at, 0 by default. */
  readonly floor?: number;
}

const schedule = z.strictObject({
  schedule: z.enum(['constant', 'step', 'multiStep', 'cosine']).describe('How the rate falls from its peak.'),
  peak: z.number().positive().describe('The largest learning rate.'),
  warmup: length
    .optional()
    .describe('Length of a linear rise from peak / n at the first of its n updates to the peak at its last.'),
  every: length.optional().describe('step: length between two drops.'),
  milestones: z.array(length).min(1).optional().describe('multiStep: when the rate drops.'),
  factor: z.number().positive().optional().describe('step, multiStep: factor at each drop, 0.1 by default.'),
  floor: z.number().min(0).optional().describe('cosine: the rate that it ends at, 0 by default.'),
});

/** What a {@link ScheduleConfig} is written as. */
export const scheduleSchema: OptionsSchema<ScheduleConfig> = schedule;

/** Some keys of a {@link ScheduleConfig}: one layer of several that are laid on each other. */
export const scheduleLayerSchema: OptionsSchema<Partial<ScheduleConfig>> = schedule.partial();

function missing(config: ScheduleConfig, option: string, example: string): OverparamError {
  return new OverparamError(
    'invalid-schedule',
    `The learning-rate schedule \`${config.schedule}\` expects the option \`${option}\`, such as ${example}. ` +
      'Add it, or choose another `schedule`.',
  );
}

/** Factor on the peak, by update, before any warm-up. */
function fall(
  config: ScheduleConfig,
  run: { readonly updates: number; readonly updatesPerEpoch: number },
  warmup: number,
): (update: number) => number {
  const factor = config.factor ?? 0.1;
  if (config.schedule === 'constant') return () => 1;
  if (config.schedule === 'step') {
    const every = config.every && lengthInUpdates(config.every, run);
    if (!every) throw missing(config, 'every', '{ epochs: 30 }, of at least one update');
    return (update) => factor ** Math.floor(update / every);
  }
  if (config.schedule === 'multiStep') {
    if (!config.milestones) throw missing(config, 'milestones', '[{ share: 0.5 }, { share: 0.75 }]');
    const milestones = config.milestones.map((length) => lengthInUpdates(length, run));
    return (update) => factor ** milestones.filter((milestone) => update >= milestone).length;
  }
  const floor = (config.floor ?? 0) / config.peak;
  if (floor > 1) {
    throw new OverparamError(
      'invalid-schedule',
      `The schedule \`cosine\` expects a \`floor\` of at most its \`peak\`; got floor ${config.floor} and peak ${config.peak}. ` +
        'Lower the floor.',
    );
  }
  const length = Math.max(1, run.updates - warmup);
  return (update) => floor + (1 - floor) * 0.5 * (1 + Math.cos((Math.PI * (update - warmup)) / length));
}

/**
 * The learning rate of each update, counted from 0.
 *
 * With a warm-up of n updates, update u < n has peak (u + 1) / n. From then on: `constant` the peak; `step`
 * peak factor^floor(u / every); `multiStep` peak factor^(milestones reached); `cosine`
 * floor + (peak - floor) (1 + cos(pi (u - n) / (totalUpdates - n))) / 2.
 *
 * @param totalUpdates     updates in the run
 * @param updatesPerEpoch  updates in one pass over the training data
 * @throws OverparamError `invalid-schedule` when an option that the schedule needs is missing or impossible
 */
export function learningRate(
  config: ScheduleConfig,
  totalUpdates: number,
  updatesPerEpoch: number,
): (update: number) => number {
  const run = { updates: totalUpdates, updatesPerEpoch };
  const warmup = config.warmup ? lengthInUpdates(config.warmup, run) : 0;
  const factor = fall(config, run, warmup);
  return (update) => config.peak * (update < warmup ? (update + 1) / warmup : factor(update));
}

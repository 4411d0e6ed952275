import type { BalancerState, Stage } from '@overparam/plugin';
import type { UpdateOutcome } from './phase-steps';
import type { EpochRecord } from './records';

/** Sums of numbers by name, and how many there were of each. */
export interface Sums {
  readonly totals: Readonly<Record<string, number>>;
  readonly counts: Readonly<Record<string, number>>;
}

/** What the updates of an unfinished epoch came to. */
export interface EpochSums {
  readonly updates: number;
  /** Sum of the updates' losses. */
  readonly loss: number;
  /** Wrong class predictions by task, and of how many labels. */
  readonly wrong: Sums;
  /** Losses by task, over the updates that followed it. */
  readonly losses: Sums;
  /** The tasks' weights, over balanced updates. */
  readonly weights: Sums;
  /** Cosines between the gradients of two tasks, by `first/second`. */
  readonly cosines: Sums;
  /** Batches with labels by task. */
  readonly present: Readonly<Record<string, number>>;
  /** Updates by phase. */
  readonly phases: Readonly<Record<string, number>>;
  /** Rate of the last update. */
  readonly rate: number;
}

/** How far a run is; with the tensors, all that it needs to go on. */
export interface Progress {
  /** Updates done. */
  readonly update: number;
  readonly stage: Stage;
  /** What the epochs so far came to. */
  readonly history: readonly EpochRecord[];
  readonly sums: EpochSums;
  /** What the balancer remembers; null before the first balanced update. */
  readonly balancer: BalancerState | null;
}

/** The beginning of a run. */
export function firstProgress(stage: Stage): Progress {
  return { update: 0, stage, history: [], sums: emptySums, balancer: null };
}

const nothing: Sums = { totals: {}, counts: {} };

/** Sums of an epoch that has not begun. */
export const emptySums: EpochSums = {
  updates: 0,
  loss: 0,
  wrong: nothing,
  losses: nothing,
  weights: nothing,
  cosines: nothing,
  present: {},
  phases: {},
  rate: 0,
};

/**
 * Sums with some numbers added.
 *
 * @param of  by name, how many things a number is the total of; 1 where left out
 */
export function addTo(
  { totals, counts }: Sums,
  numbers: Readonly<Record<string, number>>,
  of: Readonly<Record<string, number>> = {},
): Sums {
  const sums = { totals: { ...totals }, counts: { ...counts } };
  for (const [name, value] of Object.entries(numbers)) {
    sums.totals[name] = (sums.totals[name] ?? 0) + value;
    sums.counts[name] = (sums.counts[name] ?? 0) + (of[name] ?? 1);
  }
  return sums;
}

/** Means by name. */
export function meansOf({ totals, counts }: Sums): Record<string, number> {
  return Object.fromEntries(Object.entries(totals).map(([name, total]) => [name, total / counts[name]!]));
}

/** Cosines by `first/second` of the pairs of tasks that both have a gradient. */
export function cosinesOf(
  tasks: readonly string[],
  gramian: readonly (readonly number[])[],
): Record<string, number> {
  const pairs = tasks.flatMap((first, i) =>
    tasks.slice(i + 1).map((second, j) => [first, second, i, i + 1 + j] as const),
  );
  return Object.fromEntries(
    pairs.flatMap(([first, second, i, j]) => {
      const length = Math.sqrt(gramian[i]![i]! * gramian[j]![j]!);
      return length > 0 ? [[`${first}/${second}`, gramian[i]![j]! / length]] : [];
    }),
  );
}

/** Adds one update to the sums. */
export function addUpdate(
  sums: EpochSums,
  update: Pick<UpdateOutcome, 'loss' | 'losses' | 'wrong' | 'weights' | 'gramian' | 'labels'> & {
    readonly phase: string;
    readonly rate: number;
  },
  tasks: readonly string[],
): EpochSums {
  const { phase, rate, loss, losses, wrong, weights, gramian, labels } = update;
  const labelsOf = Object.fromEntries(tasks.map((task, index) => [task, labels[index]!]));
  const weightOf = weights && Object.fromEntries(tasks.map((task, index) => [task, weights[index]!]));
  return {
    updates: sums.updates + 1,
    loss: sums.loss + loss,
    wrong: addTo(sums.wrong, wrong, labelsOf),
    losses: addTo(sums.losses, losses),
    weights: weightOf ? addTo(sums.weights, weightOf) : sums.weights,
    cosines: gramian ? addTo(sums.cosines, cosinesOf(tasks, gramian)) : sums.cosines,
    present: Object.fromEntries(
      tasks.map((task) => [task, (sums.present[task] ?? 0) + Number(labelsOf[task]! > 0)]),
    ),
    phases: { ...sums.phases, [phase]: (sums.phases[phase] ?? 0) + 1 },
    rate,
  };
}

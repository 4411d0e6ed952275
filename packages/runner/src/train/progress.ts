import type { Stage } from '@overparam/core-reparam';
import type { MetricsLine } from '../run/files';

/** What the updates of an unfinished epoch came to. */
export interface EpochSums {
  readonly updates: number;
  /** Sum of the updates' losses. */
  readonly loss: number;
  /** Sum of wrong class predictions by task. */
  readonly wrong: Readonly<Record<string, number>>;
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
  /** Lines of `metrics.jsonl` so far, one an epoch. */
  readonly history: readonly MetricsLine[];
  readonly sums: EpochSums;
}

/** Sums of an epoch that has not begun. */
export const emptySums: EpochSums = { updates: 0, loss: 0, wrong: {}, phases: {}, rate: 0 };

/** Adds one update to the sums. */
export function addUpdate(
  sums: EpochSums,
  update: {
    readonly phase: string;
    readonly loss: number;
    readonly wrong: Readonly<Record<string, number>>;
    readonly rate: number;
  },
): EpochSums {
  const wrong = { ...sums.wrong };
  for (const [task, count] of Object.entries(update.wrong)) wrong[task] = (wrong[task] ?? 0) + count;
  return {
    updates: sums.updates + 1,
    loss: sums.loss + update.loss,
    wrong,
    phases: { ...sums.phases, [update.phase]: (sums.phases[update.phase] ?? 0) + 1 },
    rate: update.rate,
  };
}

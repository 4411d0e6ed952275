import type { Stage } from '@overparam/plugin';

/** A figure, or null where nothing was counted, such as a class that is nowhere; JSON has no number that is not finite. */
export type Figure = number | null;

/** What lies behind a task's figures, as its accumulator's `MetricDetails` has it: counts, figures by class. */
export type ScoreDetails = Readonly<Record<string, readonly Figure[] | readonly (readonly Figure[])[]>>;

/** What a network came to in one task. */
export interface TaskScores {
  /** Mean over the valid labels; 0 where there are none. */
  readonly loss: number;
  /** The task's metrics by name, such as `top1Error`. */
  readonly figures: Readonly<Record<string, Figure>>;
}

/** What a network came to on a split. */
export interface Scores {
  /** Sum of the tasks' losses. */
  readonly loss: number;
  readonly byTask: Readonly<Record<string, TaskScores>>;
}

/** What an epoch's updates came to; without the weight penalty. */
export interface TrainingScores {
  /** Mean over the updates of the sum of the losses that they followed. */
  readonly loss: number;
  /** Of tasks that an update followed. */
  readonly byTask: Readonly<
    Record<
      string,
      TaskScores & {
        /** Mean factor of the task's loss in the update of what is shared, over balanced updates; absent without any. */
        readonly weight?: number;
      }
    >
  >;
  /** Mean cosines between the gradients of two tasks, by `first/second`; absent with a single task. */
  readonly cosines?: Readonly<Record<string, number>>;
}

/** The state of a run after an epoch: one line of `metrics.jsonl`. Holds no times and no paths. */
export interface EpochRecord {
  /** 1 for the first. */
  readonly epoch: number;
  /** Updates done. */
  readonly update: number;
  readonly stage: Stage;
  /** Updates of this epoch by phase. */
  readonly phases: Readonly<Record<string, number>>;
  /** Rate of the epoch's last update. */
  readonly learningRate: number;
  readonly train: TrainingScores;
  readonly test: Scores;
  /** On the split `val`, where there is one. */
  readonly val?: Scores;
  /** What lies behind the test figures, by task: confusion matrix, figures by class. */
  readonly details?: Readonly<Record<string, ScoreDetails>>;
}

/** How long an epoch took. */
export interface EpochTiming {
  readonly epoch: number;
  /** Of the whole epoch; where the run was interrupted in it, scaled up from the part after that. */
  readonly trainSeconds: number;
  readonly testSeconds: number;
}

/** Ways to choose the epoch whose figures count: the last network, a mean over the last ten epochs, the best on `val`. */
export type EpochChoice = 'last' | 'meanOfLast' | 'best';

/** Test figures of a run by the ways in which published tables choose epochs. */
export interface Choices {
  /** Of the collapsed network. */
  readonly last: Scores;
  /** Means over the last ten epochs, or over all where there are fewer. */
  readonly meanOfLast: { readonly epochs: number; readonly scores: Scores };
  /**
   * Of the epoch that is best on `val`: whose losses there, each relative to that after the first epoch, have the
   * lowest mean. Null without a split `val`.
   */
  readonly best: { readonly epoch: number; readonly scores: Scores } | null;
}

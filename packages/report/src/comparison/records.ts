import type { ImprovementDefinition } from '@overparam/mtl-heads';
import type { Stage } from '@overparam/plugin';
import type { Choices, EpochChoice, EpochRecord, ScoreDetails } from '@overparam/training';
import type { FigureSpec, RunResult } from './run-records';

/** Where a stage of a run began. */
export interface StageStart {
  readonly stage: Stage;
  /** Epochs trained when the stage began; not always whole. */
  readonly epoch: number;
}

/** What one finished run of one seed contributes to a comparison. */
export interface SeedRun {
  readonly seed: string;
  /** Test figures by each way to choose the epoch. */
  readonly choices: Choices;
  /** What lies behind the test figures of the last epoch, by task: confusion matrix, figures by class. */
  readonly details: Readonly<Record<string, ScoreDetails>>;
  readonly trainParameters: number;
  readonly deployParameters: number;
  /** For one image. */
  readonly deployMultiplyAdds: number;
  readonly deployNetworks: number;
  /** Mean clock time of an epoch of training; null where none was taken. */
  readonly secondsPerEpoch: number | null;
  /** Largest gap between the trained and the collapsed network, relative. */
  readonly collapseGap: number;
  readonly curve: readonly Omit<EpochRecord, 'details'>[];
  /** Ascending; one entry for a run that stays in one stage. */
  readonly stages: readonly StageStart[];
  readonly layers: RunResult['layers'];
}

/** A run that did not finish. */
export interface RunFailure {
  readonly seed: string;
  readonly message: string;
}

/** What each run of a row spends, known before it starts; rows may differ in it. */
export interface Effort {
  readonly epochs: number;
  readonly batch: number;
  /** Gradient evaluations. */
  readonly updates: number;
  readonly trainImages: number;
}

/**
 * What a row is in its comparison: what others are measured against, one of those others, or the network of a single task,
 * against which relative improvement is measured.
 */
export type RowKind = 'baseline' | 'row' | 'reference';

/** One row of a comparison: one method under one routine, with its runs by seed. */
export interface RowRecord extends Effort {
  /** The row's unique name for people, such as `TriRep cyclic`. */
  readonly label: string;
  readonly method: string;
  readonly routine: string;
  readonly kind: RowKind;
  /** Which epoch's figures the row shows. */
  readonly evaluation: EpochChoice;
  readonly runs: readonly SeedRun[];
  readonly failures: readonly RunFailure[];
}

/** A definition of relative improvement, as readers need it. */
export type Improvement = Pick<ImprovementDefinition, 'name' | 'direction' | 'formula' | 'usedBy'>;

/** How the numbers were obtained: what a reader needs to judge and to repeat them. */
export interface Obtained {
  readonly title: string;
  readonly seeds: readonly string[];
  /** Optimiser, rate and decay that the rows share. */
  readonly recipe: string;
  /** Rows that depart from the recipe, each with the keys in which it does. */
  readonly recipeDifferences: readonly string[];
  readonly backbone: string;
  readonly dataset: string;
  /** Where the images come from, in the dataset's own words. */
  readonly provenance: string;
  readonly testImages: number;
  /** The tasks' figures in the order of tables; the first of a task is its headline. */
  readonly metrics: readonly FigureSpec[];
  /** The definition of relative improvement that tables show. */
  readonly improvement: Improvement;
  /** Names of the classes by task, where tasks have some. */
  readonly classNames: Readonly<Record<string, readonly string[]>>;
  readonly engine: string;
  /** A longer run whose time is projected from the measured one, or null. */
  readonly projection: { readonly epochs: number; readonly images: number } | null;
  /** Runs that trained at the same time, on this machine where no scheduler is named. */
  readonly runsAtOnce: number;
  readonly cores: number;
  /** The scheduler whose nodes the runs trained on, such as `slurm`; absent for this machine. */
  readonly scheduler?: string;
}

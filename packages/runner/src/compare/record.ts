import type { MetricSpec, Stage } from '@overparam/plugin';

/** One epoch of one run, as the learning curves show it. */
export interface EpochRecord {
  /** Epochs trained so far: 1 after the first. */
  readonly epoch: number;
  /** Mean training loss of the epoch; null where it was not logged. */
  readonly trainLoss: number | null;
  /** Top-1 error on the test images in percent; null in epochs without an evaluation. */
  readonly testError: number | null;
  /** With several tasks: mean training losses and weights by task, cosines of gradients by `first/second`. */
  readonly trainLosses: Readonly<Record<string, number>>;
  readonly weights: Readonly<Record<string, number>>;
  readonly cosines: Readonly<Record<string, number>>;
  /** Test figures by `task/figure`. */
  readonly figures: Readonly<Record<string, number>>;
}

/** A segmentation's figures by class. */
export interface ClassFigures {
  readonly task: string;
  /** Intersection over union in percent; null for a class that is nowhere. */
  readonly classIoU: readonly (number | null)[];
  /** Pixels; rows are the truth, columns the prediction. */
  readonly confusionMatrix: readonly (readonly number[])[];
}

/** Where a stage of the run began. */
export interface StageStart {
  readonly stage: Stage;
  /** Epochs trained when the stage began; not always whole. */
  readonly epoch: number;
}

/** How far one expanded layer's collapsed form was from it. */
export interface LayerGap {
  readonly layer: string;
  readonly method: string;
  /** max |difference| / max |reference| */
  readonly gap: number;
}

/** All rows of a comparison. */
export interface Records {
  readonly rows: readonly RowRecord[];
  /** Single-task networks, one row a task; none where the comparison has none. */
  readonly references: readonly RowRecord[];
}

/** Ways to choose the epoch whose figures count. */
export type EpochChoice = 'last' | 'meanOfLast' | 'best';

/** What one finished run of one seed contributes to a comparison. */
export interface SeedRun {
  readonly seed: string;
  /** Top-1 error of the collapsed network on the test images, in percent; null without classification. */
  readonly top1Error: number | null;
  /** Test figures by `task/figure`, of the epoch that the comparison shows. */
  readonly figures: Readonly<Record<string, number>>;
  /** The same figures by each way to choose the epoch; null where a way is not open. */
  readonly choices: Readonly<Record<EpochChoice, Readonly<Record<string, number>> | null>>;
  /** Epochs that `meanOfLast` is over: ten, or all where there were fewer. */
  readonly epochsOfMean: number;
  /** Of the last epoch. */
  readonly classes: readonly ClassFigures[];
  readonly trainParameters: number;
  readonly deployParameters: number;
  readonly deployMultiplyAdds: number;
  readonly deployNetworks: number;
  /** Mean clock time of an epoch of training. */
  readonly secondsPerEpoch: number;
  /** Largest gap between the trained and the collapsed network, relative. */
  readonly collapseGap: number;
  readonly curve: readonly EpochRecord[];
  /** Ascending; one entry for a run that stays in one stage. */
  readonly stages: readonly StageStart[];
  readonly layers: readonly LayerGap[];
}

/** A run that did not finish. */
export interface RunFailure {
  readonly seed: string;
  readonly message: string;
}

/** One row of a comparison: one method under one routine, with its runs by seed. */
export interface RowRecord {
  /** The row's unique name for people, such as `TriRep cyclic`. */
  readonly label: string;
  readonly method: string;
  readonly routine: string;
  readonly runs: readonly SeedRun[];
  readonly failures: readonly RunFailure[];
}

/** One figure of one task. */
export interface FigureSpec extends MetricSpec {
  readonly task: string;
  /** `task/name` */
  readonly figure: string;
}

/** How the numbers were obtained: what a reader needs to judge and to repeat them. */
export interface Obtained {
  readonly title: string;
  readonly seeds: readonly string[];
  readonly epochs: number;
  /** Optimiser steps of every run, whatever its routine. */
  readonly gradientEvaluations: number;
  readonly batch: number;
  /** Optimiser, rate and decay that the rows share. */
  readonly recipe: string;
  /** Rows that depart from the recipe, each with the keys in which it does. */
  readonly recipeDifferences: readonly string[];
  readonly backbone: string;
  readonly dataset: string;
  /** Where the images come from, in the dataset's own words. */
  readonly provenance: string;
  readonly trainImages: number;
  readonly testImages: number;
  readonly classes: number;
  /** The tasks' figures in the order of tables. */
  readonly metrics: readonly FigureSpec[];
  /** Which epoch's figures tables show. */
  readonly evaluation: EpochChoice;
  /** Which definition of relative improvement tables show. */
  readonly improvement: string;
  /** Names of the classes by task, where tasks have some. */
  readonly classNames: Readonly<Record<string, readonly string[]>>;
  readonly engine: string;
  /** A longer run whose time is projected from the measured one, or null. */
  readonly projection: { readonly epochs: number; readonly images: number } | null;
  /** Runs that trained at the same time on this machine. */
  readonly runsAtOnce: number;
  readonly cores: number;
}

import type { Selector, Statistics } from '@overparam/core-reparam';
import type { Key, OptimiserConfig, ScheduleConfig } from '@overparam/engine';
import type {
  Backbone,
  Balancer,
  DatasetTask,
  GradientSpace,
  Head,
  Method,
  Routine,
  Task,
} from '@overparam/plugin';
import type { WeightDecay } from './groups';
import type { EpochChoice } from './records';

/** A part of a plugin, and its options as its schema gives them. */
export interface Chosen<Part> {
  readonly part: Part;
  readonly options: unknown;
}

/** All that a run follows from beside its data: values, no names. */
export interface Recipe {
  /** Decides first weights, data order, augmentation and all else that is drawn. */
  readonly key: Key;
  readonly method: Chosen<Method>;
  readonly routine: Chosen<Routine>;
  readonly backbone: Chosen<Backbone>;
  /** Of no effect with a single task. */
  readonly balancer: Chosen<Balancer>;
  readonly gradients: GradientSpace;
  /** Loss and metrics of a task that the dataset has labels for. */
  task(declared: DatasetTask): Task;
  /** A task's head; null for the backbone's own. */
  head(task: string): Head | null;
  /** Layers that the method expands; all that it supports where left out. */
  readonly select?: Selector;
  /** Of the running variance of norms. */
  readonly statistics: Statistics;
  /** Passes over the training data. */
  readonly epochs: number;
  /** Examples in one update. */
  readonly batch: number;
  readonly augment: boolean;
  /** Uses only the first examples of a split. */
  readonly limit: { readonly train?: number; readonly test?: number };
  readonly lr: ScheduleConfig;
  readonly optimiser: OptimiserConfig;
  readonly weightDecay: WeightDecay;
  /** Which figures count in the end. */
  readonly evaluation: EpochChoice;
}

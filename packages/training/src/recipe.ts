import { plain, type Ranking, type Selector, type Statistics } from '@overparam/core-reparam';
import {
  type Key,
  keyFromSeed,
  type OptimiserConfig,
  type Precision,
  type Recompute,
  type ScheduleConfig,
} from '@overparam/engine';
import type {
  Backbone,
  Balancer,
  DatasetTask,
  GradientSpace,
  Head,
  Method,
  Regulariser,
  Routine,
  Task,
} from '@overparam/plugin';
import { type Chosen, chosenOf, type Part } from './chosen';
import type { Clipping } from './clip';
import type { EarlyStopping } from './early-stopping';
import type { Erasing } from './erasing';
import type { Following } from './following';
import { noDecay, type WeightDecay } from './groups';
import type { LayerRecording } from './layer-records';
import type { Mixing } from './mixing';
import type { ParameterRule } from './parameter-groups';
import type { EpochChoice } from './records';
import type { LongAveraging, WeightAveraging } from './weight-average';

/** All that a run follows from beside its data: values, no names. */
export interface Recipe {
  /** Decides first weights, data order, augmentation and all else that is drawn. */
  readonly key: Key;
  readonly method: Chosen<Method>;
  readonly routine: Chosen<Routine>;
  readonly backbone: Chosen<Backbone>;
  /** Null for the plain sum of the losses; of no effect with a single task. */
  readonly balancer: Chosen<Balancer> | null;
  readonly gradients: GradientSpace;
  /** Adds to the loss of several tasks; null for nothing. */
  readonly regulariser: Chosen<Regulariser> | null;
  /** Loss and metrics of a task that the dataset has labels for. */
  task(declared: DatasetTask): Task;
  /** A task's head; null for the backbone's own. */
  head(task: string): Head | null;
  /** Layers that the method expands; all that it supports where left out. */
  readonly select?: Selector | Ranking;
  /** Of the running variance of norms. */
  readonly statistics: Statistics;
  /** Passes over the training data. */
  readonly epochs: number;
  /** Examples in one update. */
  readonly batch: number;
  /** Batches whose mean gradient the optimiser moves by, at the last of them. */
  readonly accumulate: number;
  readonly augment: boolean;
  /** How the images of a batch are mixed, and their losses with them; null for not at all. */
  readonly mix: Mixing | null;
  /** What is taken out of each training image; null for nothing. */
  readonly erase: Erasing | null;
  /** Uses only the first examples of a split. */
  readonly limit: { readonly train?: number; readonly test?: number };
  readonly lr: ScheduleConfig;
  readonly optimiser: OptimiserConfig;
  readonly weightDecay: WeightDecay;
  /** How parameters differ by pattern or role; the first rule that chooses one counts. */
  readonly parameterGroups: readonly ParameterRule[];
  /** The largest gradients that an update takes; null for all. */
  readonly clip: Clipping | null;
  /** Averages of the weights are evaluated and deployed in their place; null for the weights themselves. */
  readonly averageWeights: WeightAveraging | LongAveraging | null;
  /** What is recorded of expanded layers while they train; null for nothing. */
  readonly layerRecords: LayerRecording | null;
  /** What kernels take over from another run; null for nothing. */
  readonly following: Following | null;
  /** Which figures count in the end. */
  readonly evaluation: EpochChoice;
  /** When the run ends before its last epoch; null for never. */
  readonly earlyStopping: EarlyStopping | null;
  /** What training steps compute activations in; all that is evaluated, saved and collapsed is float32. */
  readonly precision: Precision;
  /** What training steps keep for their backward passes; the same run in either. */
  readonly recompute: Recompute;
}

/** The fields of a {@link Recipe} that are parts of plugins. */
export type Parts = 'method' | 'routine' | 'backbone' | 'balancer' | 'regulariser';

/** What a recipe cannot do without; the rest has a default, see {@link defineRecipe}. */
export type RecipeOptions = Pick<Recipe, 'task' | 'epochs' | 'batch' | 'optimiser'> &
  Partial<Omit<Recipe, Parts | 'task' | 'epochs' | 'batch' | 'optimiser' | 'lr'>> & {
    readonly backbone: Part<Backbone>;
    readonly routine: Part<Routine>;
    /** `plain`, the baseline, where left out. */
    readonly method?: Part<Method>;
    /** The plain sum of the losses where left out. */
    readonly balancer?: Part<Balancer>;
    /** Nothing added to the loss where left out. */
    readonly regulariser?: Part<Regulariser>;
    /** A number for a rate that stays as it is. */
    readonly lr: number | ScheduleConfig;
  };

/**
 * A recipe with its defaults: the method `plain`, the plain sum of the losses, the backbone's own heads, gradients
 * compared on parameters, augmentation, all data, no weight decay, and the key of seed 0.
 *
 * @throws OverparamError `invalid-options`
 * @example
 * const recipe = defineRecipe({ backbone: withOptions(resnet, { depth: 8 }), routine: joint, task: taskFor, epochs: 2,
 *   batch: 32, lr: 0.1, optimiser: { name: 'sgd', momentum: 0.9 } });
 */
export function defineRecipe(options: RecipeOptions): Recipe {
  const { method = plain, routine, backbone, balancer, regulariser, lr } = options;
  return {
    key: keyFromSeed(0),
    gradients: 'parameters',
    head: () => null,
    statistics: 'unbiased',
    accumulate: 1,
    earlyStopping: null,
    augment: true,
    mix: null,
    erase: null,
    limit: {},
    weightDecay: noDecay,
    parameterGroups: [],
    clip: null,
    averageWeights: null,
    layerRecords: null,
    following: null,
    evaluation: 'last',
    precision: 'float32',
    recompute: 'none',
    ...options,
    method: chosenOf(method),
    routine: chosenOf(routine),
    backbone: chosenOf(backbone),
    balancer: balancer ? chosenOf(balancer) : null,
    regulariser: regulariser ? chosenOf(regulariser) : null,
    lr: typeof lr === 'number' ? { peak: lr, schedule: 'constant' } : lr,
  };
}

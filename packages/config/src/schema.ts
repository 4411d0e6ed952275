import {
  type EngineName,
  engines,
  type OptimiserConfig,
  optimisers,
  type Precision,
  precisions,
  type Recompute,
  recomputes,
  type ScheduleConfig,
  scheduleLayerSchema,
} from '@overparam/engine';
import { launcherSchema } from '@overparam/launchers';
import { improvementDefinitions } from '@overparam/mtl-heads';
import { sweepSchema } from '@overparam/sweep';
import type {
  Clipping,
  EarlyStopping,
  Erasing,
  ExponentialAveraging,
  LayerRecording,
  LongAveraging,
  Mixing,
  ParameterRule,
} from '@overparam/training';
import { z } from 'zod';
import type { Follows } from './controls';
import { embedded, kindByName } from './embedded';
import { type LayerChoice, type LayerRanking, layerChoice, layerRanking } from './layer-schema';
import { updateShape } from './update-schema';

/** A plugin's value by name, with its options beside the name. */
const named = z.union([
  z.string().min(1),
  z.looseObject({ name: z.string().min(1).describe('As `overparam list` shows it.') }),
]);

/** An integer, or a decimal string for seeds beyond 2^53. */
const seed = z.union([z.int().min(0), z.string().regex(/^\d{1,20}$/, 'expected a decimal string of digits')]);

const engineNames = engines.map(({ name }) => name);
const engineOrAuto = z.enum(['auto', ...engineNames]);

const engine = z.union([
  engineOrAuto,
  z.strictObject({
    name: engineOrAuto.optional().describe('`auto` where absent.'),
    threads: z
      .union([z.int().min(1), z.literal('all')])
      .optional()
      .describe('Threads that one run computes on; `all` is one for each core.'),
  }),
]);

/** How often something is recorded. */
const recordEvery = z
  .union([z.int().min(1), z.literal('epoch')])
  .nullable()
  .optional();

/** Every key of one run, none of them required: the layers of a config are partial. */
const runShape = {
  method: named.describe("How layers are expanded: `plain`, `fnl`, `repvgg`, `trirep`, or a plugin's."),
  routine: named.describe('Which parameters move when: `joint`, `alternating`, `cyclic`, `progressive`.'),
  backbone: named.describe('The network, with its options beside `name`.'),
  dataset: named.describe('The data, with its options beside `name`.'),
  epochs: z.int().min(1).describe('Passes over the training data.'),
  batch: z.int().min(1).describe('Images in one update.'),
  ...updateShape,
  lr: z
    .union([z.number().positive(), embedded(scheduleLayerSchema)])
    .describe('Peak learning rate, or `{ peak, schedule, warmup, ... }`; a number alone keeps the schedule.'),
  tasks: z
    .array(z.string().min(1))
    .min(1)
    .refine((names) => new Set(names).size === names.length, 'expected each task once')
    .nullable()
    .describe('Tasks of the dataset that are learnt, in this order; null for all of them.'),
  balancer: named.describe("How the tasks' losses are weighed: `equal`, `uncertainty`, `nash-mtl`, ..."),
  gradients: z
    .enum(['parameters', 'representation'])
    .describe(
      'Where a balancer compares the tasks: in gradients of all shared parameters, or of the shared representation, which is cheaper.',
    ),
  regulariser: named
    .nullable()
    .describe(
      'What is added to the loss of several tasks, from what they share: `rep-mtl`; null for nothing.',
    ),
  heads: z
    .union([named, z.record(z.string(), named)])
    .nullable()
    .describe(
      "`segnet`, `deeplab`, `pooled`, or a plugin's, with options beside `name`, for all tasks or by task; null for the backbone's own.",
    ),
  taskOptions: z
    .strictObject({
      labelSmoothing: z
        .number()
        .min(0)
        .lt(1)
        .optional()
        .describe('Share of a label that is spread over all classes.'),
      absentClass: z
        .enum(['nan', 'zero', 'skip'])
        .optional()
        .describe('What a class in neither labels nor predictions counts as in the mean IoU.'),
      metricMode: z
        .enum(['split', 'batchMean'])
        .optional()
        .describe("Figures over all pixels of a split, or the mean of batches' figures."),
      error: z
        .enum(['squared', 'absolute'])
        .optional()
        .describe('What the loss of a regression is the mean of.'),
      missing: z
        .number()
        .nullable()
        .optional()
        .describe('The number that stands for a missing label of a regression; null for none.'),
      unit: z.string().optional().describe("Unit of a regression's numbers, for tables and pages."),
      byTask: z
        .record(z.string(), z.record(z.string(), z.unknown()))
        .optional()
        .describe("Options of single tasks by their names, those of a plugin's kinds included."),
    })
    .describe(
      'Label smoothing, what regression counts as an error and as missing, and how metrics count, for all tasks that know the option, or by task: see the package mtl-heads.',
    ),
  evaluation: z
    .enum(['last', 'meanOfLast', 'best'])
    .describe(
      'Which figures tables show, of those that are all reported: the last network, the mean over the last ten epochs, or the epoch that is best on the split `val`.',
    ),
  seed: seed.describe('Decides the whole run: weights, data order and augmentation.'),
  optimiser: kindByName<OptimiserConfig['name'], OptimiserConfig>(optimisers).describe(
    "The optimiser, by PyTorch's definitions.",
  ),
  weightDecay: z
    .union([
      z.number().min(0),
      z.strictObject({
        coefficient: z.number().min(0).optional().describe('0 for no decay.'),
        norms: z.boolean().optional().describe('Whether scales and shifts of norms decay too.'),
        biases: z.boolean().optional().describe('Whether biases decay too.'),
      }),
    ])
    .describe('Coefficient; weights of rank 2 and more decay, norms and biases only where asked for.'),
  augment: z.boolean().describe('Whether training images are augmented.'),
  statistics: z
    .enum(['unbiased', 'biased'])
    .describe("Running variance of batch norms: unbiased as in PyTorch, or the batch's own."),
  engine: engine.describe('Where the run computes; `auto` takes the best that loads.'),
  precision: z
    .enum(precisions)
    .describe(
      'What training steps compute activations in: `float32`, or `bfloat16`, about twice as fast on processors that multiply it. Evaluation, checkpoints and collapse are float32 in both.',
    ),
  recompute: z
    .enum(recomputes)
    .describe(
      'What training steps keep for their backward passes: `none` makes nothing again, `blocks` computes the inside of blocks twice and so trains the same run in less memory.',
    ),
  workers: z
    .strictObject({
      norms: z
        .enum(['own', 'synchronised'])
        .optional()
        .describe(
          "Whose statistics batch norms take in training: those of each worker's own examples, or of the whole batch.",
        ),
      gradients: z
        .enum(precisions)
        .optional()
        .describe('What workers send gradients in; they are float32 before and after.'),
    })
    .describe(
      'How workers train together, where there are several (`train --workers`); one takes no notice.',
    ),
  select: z
    .union([layerChoice, z.array(layerChoice).min(1), layerRanking])
    .nullable()
    .describe('Layers that the method expands; null for every layer that it supports.'),
  limit: z
    .strictObject({
      train: z.int().min(1).optional().describe('Training examples.'),
      test: z.int().min(1).optional().describe('Test examples.'),
    })
    .describe('Uses only the first examples of a split.'),
  validation: z
    .strictObject({
      share: z
        .number()
        .gt(0)
        .lt(1)
        .optional()
        .describe('Of the training images that are used; 0.1 where absent.'),
      seed: seed.optional().describe('Decides which images they are; 0 where absent.'),
    })
    .nullable()
    .describe(
      'Trains without a share of the training images and measures on it in place of the test split, which is then never read; null to train on all of them and measure on the test split.',
    ),
  layerRecords: z
    .strictObject({
      norms: recordEvery.describe('Norms of their kernels.'),
      gains: recordEvery.describe(
        'How much further an update moves a kernel than plain SGD would, which takes a backward pass more each time.',
      ),
      shapes: recordEvery.describe('Effective ranks of kernels, and cosines between branches.'),
    })
    .nullable()
    .describe(
      'What `layers.jsonl` records of expanded layers, at every so many updates, `epoch` for once an epoch, null for never; null for no records. It changes nothing that trains.',
    ),
  follows: z
    .strictObject({
      what: z
        .enum(['norms', 'rates'])
        .describe(
          "The norms of kernels after each update, or each layer's measured gain as a factor on its rate.",
        ),
      run: z.string().min(1).describe("Folder of the finished run, from the config's own."),
    })
    .nullable()
    .describe(
      'What the plain network takes over from the records of a finished run, as controls of a comparison do; null for nothing.',
    ),
  checkpoints: z
    .strictObject({
      keep: z.union([z.literal('all'), z.int().min(2)]).describe('The newest so many, or `all`.'),
    })
    .describe('How many checkpoints stay; one is written each epoch.'),
  plugins: z
    .array(z.string().min(1))
    .describe('Packages, or paths of .ts and .js files, that add methods and so on.'),
};

const partialRun = z.strictObject(runShape).partial();

const row = partialRun.extend({
  label: z
    .string()
    .min(1)
    .optional()
    .describe('Name of the row in tables; the method and routine where absent.'),
  control: z
    .strictObject({
      name: z
        .string()
        .min(1)
        .describe(
          "`normMatched`, `rateMatched`, `equalCompute`, or one of the other row's method, such as `framesOnly`.",
        ),
      of: z.string().min(1).describe('Label of the row that this is the control of.'),
    })
    .optional()
    .describe('Makes the row a control of another one, whose keys it has but for what the control changes.'),
});

/** A longer run whose time a comparison projects from its own. */
const projection = z
  .strictObject({
    epochs: z.int().min(1).describe('Epochs of the longer run.'),
    images: z.int().min(1).describe('Its training images.'),
  })
  .describe('A longer run, in epochs and training images, whose time is projected from the measured one.');

const rows = z.array(row).min(1).describe('The rows of a comparison; each overrides keys of the config.');

const seeds = z.array(seed).min(1).describe('Seeds that a comparison trains each row with.');

const references = partialRun.describe(
  'Trains a single-task network for each task as well, as the reference of relative improvement; keys in which they differ from the config, or {}.',
);

/** A config file: one run, or a comparison where `rows` is given. */
export const configSchema = partialRun.extend({
  $schema: z.string().optional().describe('Address of this schema, for editors.'),
  label: z.string().min(1).optional().describe('Name of the run in tables.'),
  rows: rows.optional(),
  references: references.optional(),
  improvement: z
    .enum(Object.keys(improvementDefinitions))
    .optional()
    .describe('Which definition of relative improvement tables show; deltaM where absent.'),
  seeds: seeds.optional(),
  sweep: sweepSchema
    .nullable()
    .optional()
    .describe(
      'Chooses for each row among settings, by figures on a part of the training images; then trains what was chosen on all of them. Null for none.',
    ),
  launcher: launcherSchema
    .optional()
    .describe(
      'Where the runs of a comparison compute: `local`, processes of this machine, as where absent; `slurm`; or `kubernetes`.',
    ),
  projection: projection.optional(),
  byEngine: z
    .partialRecord(z.enum(engineNames), partialRun)
    .optional()
    .describe('Keys that differ by engine, such as how long the small form trains.'),
  variants: z
    .record(
      z.string(),
      partialRun.extend({
        rows: rows.optional(),
        seeds: seeds.optional(),
        sweep: sweepSchema
          .partial()
          .nullable()
          .optional()
          .describe('Keys in which the sweep differs; null for none.'),
        references: references.optional(),
        projection: projection.optional(),
      }),
    )
    .optional()
    .describe('Named overrides, chosen by `--variant NAME`.'),
});

/**
 * A config file as it is written.
 * @interface
 */
export type ConfigFile = z.input<typeof configSchema>;

/**
 * Keys of one run, all optional, as the layers of a config give them.
 * @interface
 */
export type RunLayer = z.input<typeof row>;

/** A plugin's value by name, with all its options. */
export interface Choice {
  readonly name: string;
  readonly [option: string]: unknown;
}

/** A head by name, or with its options. */
export type HeadChoice = string | Choice;

/** One run with every default filled in: what `config.yaml` of a run folder holds. */
export interface RunConfig {
  readonly label: string;
  readonly method: Choice;
  readonly routine: Choice;
  readonly backbone: Choice;
  readonly dataset: Choice;
  /** Null for all of the dataset's. */
  readonly tasks: readonly string[] | null;
  /** Of no effect with a single task. */
  readonly balancer: Choice;
  readonly gradients: 'parameters' | 'representation';
  /** Null for none; of no effect with a single task. */
  readonly regulariser: Choice | null;
  /** Null for the backbone's own. */
  readonly heads: HeadChoice | Readonly<Record<string, HeadChoice>> | null;
  readonly taskOptions: {
    readonly labelSmoothing?: number;
    readonly absentClass?: 'nan' | 'zero' | 'skip';
    readonly metricMode?: 'split' | 'batchMean';
    readonly error?: 'squared' | 'absolute';
    readonly missing?: number | null;
    readonly unit?: string;
    readonly byTask?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  readonly evaluation: 'last' | 'meanOfLast' | 'best';
  readonly epochs: number;
  readonly batch: number;
  readonly accumulate: number;
  readonly lr: ScheduleConfig;
  readonly earlyStopping: EarlyStopping | null;
  readonly seed: number | string;
  readonly optimiser: OptimiserConfig;
  readonly weightDecay: { readonly coefficient: number; readonly norms: boolean; readonly biases: boolean };
  readonly parameterGroups: readonly ParameterRule[];
  readonly clip: Clipping | null;
  readonly averageWeights: ExponentialAveraging | LongAveraging | null;
  readonly augment: boolean;
  readonly mix: Mixing | null;
  readonly erase: Erasing | null;
  readonly statistics: 'unbiased' | 'biased';
  readonly engine: { readonly name: EngineName; readonly threads?: number };
  readonly precision: Precision;
  readonly recompute: Recompute;
  readonly workers: { readonly norms: 'own' | 'synchronised'; readonly gradients: Precision };
  readonly select: LayerChoice | readonly LayerChoice[] | LayerRanking | null;
  readonly limit: { readonly train?: number; readonly test?: number };
  /** Null for runs that are measured on the test split. */
  readonly validation: { readonly share: number; readonly seed: number | string } | null;
  readonly layerRecords: LayerRecording | null;
  /** Null for a run that stands by itself. */
  readonly follows: Follows | null;
  readonly checkpoints: { readonly keep: 'all' | number };
  readonly plugins: readonly string[];
}

import {
  type Dataset,
  type DatasetContext,
  expansionsOf,
  lookup,
  type OpenDataset,
  parameterGroups,
  type Routine,
  type Schedule,
  type Stage,
  type Task,
} from '@overparam/core-reparam';
import { type Key, keyFromSeed, learningRate, OverparamError } from '@overparam/engine';
import { taskFor } from '@overparam/mtl-heads';
import type { RunConfig } from '../config/schema';
import { type TrainingBatches, trainingBatches } from './batches';
import { buildPlain, networkFor, type TrainedNetwork } from './network';

/** Everything about a run that its config decides and that training does not change. */
export interface Session {
  readonly config: RunConfig;
  readonly key: Key;
  readonly dataset: OpenDataset;
  /** One for each output of the network, in their order. */
  readonly tasks: readonly Task[];
  readonly batches: TrainingBatches;
  /** Gradient evaluations in the whole run. */
  readonly updates: number;
  readonly sizes: { readonly train: number; readonly test: number };
  readonly schedule: Schedule;
  /** Learning rate by update. */
  rateAt(update: number): number;
  /** Numbers of parameters of the expanded and of the plain network. */
  readonly parameters: { readonly expanded: number; readonly plain: number };
  /** What a user should know before the run: of the routine's plan and of the method's expansions. */
  readonly notes: readonly string[];
}

/** Number of examples of a split that a run uses: all, or the first of them. */
export function splitSize(dataset: OpenDataset, split: 'train' | 'test', limit: number | undefined): number {
  const size = dataset.splits[split]?.size ?? 0;
  return Math.min(size, limit ?? size);
}

/** Opens the dataset that a config names; the caller closes it. */
export function openDataset(
  config: Pick<RunConfig, 'dataset'>,
  dataDir: string,
  signal?: AbortSignal,
  progress?: DatasetContext['progress'],
): Promise<OpenDataset> {
  const { name, ...options } = config.dataset;
  const dataset: Dataset = lookup('dataset', name);
  return dataset.open(options, { dataDir, signal, progress });
}

/** The tasks of a dataset with their losses and metrics. */
export function tasksOf(dataset: OpenDataset): Task[] {
  return dataset.tasks.map((task) => taskFor(task));
}

/** The stage that an update belongs to. */
export function stageAt(schedule: Schedule, update: number): Stage {
  return schedule.stages.findLast(({ from }) => from <= update)?.stage ?? 'expanded';
}

/** The network of a stage with the run's first weights; the caller disposes it. */
export function networkOfStage(
  config: RunConfig,
  dataset: OpenDataset,
  key: Key,
  stage: Stage,
  first: boolean,
  values: 'initial' | 'zero' = 'initial',
): TrainedNetwork {
  const plain = buildPlain(config, dataset, key);
  try {
    return networkFor(config, stage, plain, key, first ? 'as configured' : 'preserve', values);
  } finally {
    plain.dispose();
  }
}

/**
 * Plans a run on an opened dataset.
 *
 * @throws OverparamError `batch-too-large`, and what the plugins throw for options and sites
 */
export function planSession(config: RunConfig, dataset: OpenDataset): Session {
  const key = keyFromSeed(config.seed);
  const sizes = {
    train: splitSize(dataset, 'train', config.limit.train),
    test: splitSize(dataset, 'test', config.limit.test),
  };
  if (config.batch > sizes.train) {
    throw new OverparamError(
      'batch-too-large',
      `batch: ${config.batch} is larger than the ${sizes.train} training images of dataset "${config.dataset.name}". Choose at most ${sizes.train}.`,
    );
  }
  const batches = trainingBatches(dataset, {
    key,
    size: sizes.train,
    batch: config.batch,
    augment: config.augment,
  });
  const updates = config.epochs * batches.perEpoch;
  const tasks = tasksOf(dataset);
  const expanded = networkOfStage(config, dataset, key, 'expanded', true, 'zero');
  const plain = buildPlain(config, dataset, key);
  const groups = parameterGroups(expanded.parameters);
  const warnings = expansionsOf(expanded.model).flatMap(({ layer, expansion }) =>
    (expansion.warnings ?? []).map((warning) => `${layer}: ${warning}`),
  );
  const parameters = {
    expanded: groups.reduce((sum, { size }) => sum + size, 0),
    plain: plain.trainableWeights.reduce(
      (sum, weight) => sum + weight.shape.reduce<number>((n, size) => n * size!, 1),
      0,
    ),
  };
  expanded.model.dispose();
  plain.dispose();
  const { name, ...options } = config.routine;
  const routine: Routine = lookup('routine', name);
  const shape = {
    updates,
    updatesPerEpoch: batches.perEpoch,
    tasks: tasks.map((task) => task.name),
    groups,
    key,
  };
  const schedule = routine.plan(shape, options);
  const rateAt = learningRate(config.lr, updates, batches.perEpoch);
  return {
    config,
    key,
    dataset,
    tasks,
    batches,
    updates,
    sizes,
    schedule,
    rateAt,
    parameters,
    notes: [...schedule.notes, ...warnings],
  };
}

import { expansionsOf, parameterGroups } from '@overparam/core-reparam';
import { type Key, keyFromSeed, learningRate } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import {
  type Dataset,
  type DatasetContext,
  lookup,
  type OpenDataset,
  type Phase,
  type Routine,
  type Schedule,
  type Stage,
  type Task,
} from '@overparam/plugin';
import type { RunConfig } from '../config/schema';
import { type Balancing, balancingFor, checkBalancedNetwork } from './balancing';
import { type TrainingBatches, trainingBatches } from './batches';
import { checkTrunks } from './checks';
import { checkHeadTasks } from './heads';
import { buildPlain, networkFor, type OnLayer, type TrainedNetwork } from './network';
import { chooseTasks, tasksOf } from './tasks';

/** Everything about a run that its config decides and that training does not change. */
export interface Session {
  readonly config: RunConfig;
  readonly key: Key;
  readonly dataset: OpenDataset;
  /** One for each output of the network, in their order. */
  readonly tasks: readonly Task[];
  /** How losses are weighed; null for a single task. */
  readonly balancing: Balancing | null;
  readonly batches: TrainingBatches;
  /** Gradient evaluations in the whole run. */
  readonly updates: number;
  /** Examples used of each split; `val` is 0 where the dataset has none. */
  readonly sizes: { readonly train: number; readonly test: number; readonly val: number };
  readonly schedule: Schedule;
  /** Learning rate by update. */
  rateAt(update: number): number;
  /** Numbers of parameters of the expanded and of the plain network. */
  readonly parameters: { readonly expanded: number; readonly plain: number };
  /** What a user should know before the run: of the routine's plan and of the method's expansions. */
  readonly notes: readonly string[];
}

/** Number of examples of a split that a run uses: all, or the first of them; 0 where there is no such split. */
export function splitSize(
  dataset: OpenDataset,
  split: 'train' | 'test' | 'val',
  limit: number | undefined,
): number {
  const size = dataset.splits[split]?.size ?? 0;
  return Math.min(size, limit ?? size);
}

/** Opens the dataset that a config names, with the tasks that it names; the caller closes it. */
export async function openDataset(
  config: Pick<RunConfig, 'dataset' | 'tasks'> & Partial<Pick<RunConfig, 'heads'>>,
  dataDir: string,
  signal?: AbortSignal,
  progress?: DatasetContext['progress'],
): Promise<OpenDataset> {
  const { name, ...options } = config.dataset;
  const dataset: Dataset = lookup('dataset', name);
  const opened = await dataset.open(options, { dataDir, signal, progress });
  try {
    checkHeadTasks(config.heads ?? null, opened.tasks);
    return chooseTasks(opened, config.tasks);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** The phase of a name. */
export function phaseOf(schedule: Schedule, name: string): Phase {
  const phase = schedule.phases.find((candidate) => candidate.name === name);
  if (phase) return phase;
  throw new OverparamError(
    'unknown-phase',
    `The routine scheduled a phase "${name}" that it has not declared.`,
  );
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
  onLayer?: OnLayer,
): TrainedNetwork {
  const plain = buildPlain(config, dataset, key);
  const tasks = dataset.tasks.map((task) => task.name);
  try {
    return networkFor(
      config,
      stage,
      plain,
      tasks,
      key,
      first ? 'as configured' : 'preserve',
      values,
      onLayer,
    );
  } finally {
    plain.model.dispose();
  }
}

/**
 * Plans a run on an opened dataset.
 *
 * @throws OverparamError `batch-too-large`, `unsupported-balancer`, `unsupported-routine`, `no-validation-split`, and what the plugins throw for options and sites
 */
export function planSession(config: RunConfig, dataset: OpenDataset): Session {
  const key = keyFromSeed(config.seed);
  const sizes = {
    train: splitSize(dataset, 'train', config.limit.train),
    test: splitSize(dataset, 'test', config.limit.test),
    val: splitSize(dataset, 'val', undefined),
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
  if (config.evaluation === 'best' && sizes.val === 0) {
    throw new OverparamError(
      'no-validation-split',
      `evaluation: best needs a split "val" to choose the epoch by, and dataset "${config.dataset.name}" as configured has none. Hold some training data out (dataset.holdOut), or choose last or meanOfLast.`,
    );
  }
  const tasks = tasksOf(dataset, config.taskOptions);
  const balancing = balancingFor(config, tasks);
  const expanded = networkOfStage(config, dataset, key, 'expanded', true, 'zero');
  const plain = buildPlain(config, dataset, key);
  const groups = parameterGroups(expanded.parameters);
  const warnings = expansionsOf(expanded.model).flatMap(({ layer, expansion }) =>
    (expansion.warnings ?? []).map((warning) => `${layer}: ${warning}`),
  );
  const parameters = {
    expanded: groups.reduce((sum, { size }) => sum + size, 0),
    plain: plain.model.trainableWeights.reduce(
      (sum, weight) => sum + weight.shape.reduce<number>((n, size) => n * size!, 1),
      0,
    ),
  };
  const { trunks, layout, states } = expanded;
  expanded.model.dispose();
  plain.model.dispose();
  if (balancing) checkBalancedNetwork(balancing, config.balancer.name, trunks, layout.representations);
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
  checkTrunks(config, schedule, { trunks, states, updates });
  const rateAt = learningRate(config.lr, updates, batches.perEpoch);
  return {
    config,
    key,
    dataset,
    tasks,
    balancing,
    batches,
    updates,
    sizes,
    schedule,
    rateAt,
    parameters,
    notes: [...schedule.notes, ...warnings],
  };
}

import {
  type EngineName,
  type OptimiserConfig,
  optimisers,
  requirePrecision,
  scheduleSchema,
} from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import { parseOptions } from '@overparam/plugin';
import type { Clipping, EarlyStopping, Erasing, LongAveraging, Mixing } from '@overparam/training';
import { withControl } from './controls';
import { embedded } from './embedded';
import { checkHeads } from './heads';
import { mergeLayers } from './merge';
import { loadDefaultPlugins, loadPlugins } from './plugins';
import { checked } from './problem';
import { chosen } from './recipe';
import type { Choice, RunConfig, RunLayer } from './schema';

/** What a config means where it says nothing. */
export const defaults = {
  method: 'plain',
  routine: 'joint',
  tasks: null,
  balancer: 'equal',
  gradients: 'parameters',
  regulariser: null,
  heads: null,
  taskOptions: {},
  evaluation: 'last',
  batch: 128,
  accumulate: 1,
  earlyStopping: null,
  lr: { peak: 0.1, schedule: 'constant' },
  seed: 0,
  optimiser: { name: 'sgd' },
  weightDecay: { coefficient: 5e-4, norms: false, biases: false },
  parameterGroups: [],
  clip: null,
  averageWeights: null,
  augment: true,
  mix: null,
  erase: null,
  statistics: 'unbiased',
  precision: 'float32',
  recompute: 'none',
  workers: { norms: 'own', gradients: 'float32' },
  select: null,
  limit: {},
  validation: null,
  layerRecords: null,
  follows: null,
  checkpoints: { keep: 'all' },
  plugins: [],
} satisfies RunLayer;

function completeClip(given: Partial<Clipping> | null, where: string): Clipping | null {
  if (given === null) return null;
  const { by = 'norm', limit } = given;
  if (limit === undefined) {
    throw new OverparamError(
      'missing-key',
      `${where}: "clip.limit" is missing. Give the largest ${by === 'norm' ? 'norm of gradients' : 'number in a gradient'}, or clip: null for none.`,
    );
  }
  return { by, limit };
}

function completeAveraging(given: Partial<LongAveraging> | null): RunConfig['averageWeights'] {
  if (given?.by !== 'swa') return given as RunConfig['averageWeights'];
  return { from: { share: 0.75 }, every: { epochs: 1 }, ...given } as LongAveraging;
}

function completeErasing(given: (Pick<Erasing, 'by'> & Partial<Erasing>) | null): Erasing | null {
  if (given?.by !== 'random') return given as Erasing | null;
  return { probability: 0.5, area: [0.02, 0.4], aspect: 0.3, fill: 'noise', ...given };
}

function completeOptimiser({ name, ...given }: OptimiserConfig): OptimiserConfig {
  const kind = optimisers.find((candidate) => candidate.name === name)!;
  return { name, ...(parseOptions(kind.options, given, `optimiser "${name}"`) as object) };
}

/** A plugin's part by name, with all its options. */
function complete(kind: Parameters<typeof chosen>[0], value: unknown, where: string): Choice {
  const { part, options } = chosen(kind, value as Choice, where);
  return { name: part.name, ...(options as Record<string, unknown>) };
}

/** The backbone of a config, which may read a file. */
async function completeBackbone(value: unknown, source: { readonly name: string; readonly folder: string }) {
  const { part, options } = chosen('backbone', value as Choice, source.name);
  const prepared = (await part.prepare?.(options, source.folder)) ?? options;
  return { name: part.name, ...(prepared as Record<string, unknown>) };
}

/**
 * Loads the plugins of a config and fills in every default and every option.
 *
 * @param layer   one row, as `oneRow` or `layRows` give it
 * @param source  the config file's name, for messages, and its folder, for plugins
 * @throws OverparamError `missing-key`, `invalid-config`, `unknown-method` and so on, `invalid-options`,
 *   `batch-too-small`, `precision-unsupported`, `unknown-control`, `invalid-control`
 */
export async function completeConfig(
  layer: RunLayer,
  engine: { readonly name: EngineName; readonly threads?: number },
  source: { readonly name: string; readonly folder: string },
): Promise<RunConfig> {
  let merged = mergeLayers([defaults, layer]);
  for (const key of ['backbone', 'dataset', 'epochs'] as const) {
    if (merged[key] === undefined) {
      throw new OverparamError(
        'missing-key',
        `${source.name}: "${key}" is missing. Give it in the config or by --set ${key}=.`,
      );
    }
  }
  requirePrecision(merged.precision!);
  await loadDefaultPlugins();
  await loadPlugins(merged.plugins ?? [], source.folder);
  merged = mergeLayers([withControl(merged)]);
  const method = complete('method', merged.method, source.name);
  const routine = complete('routine', merged.routine, source.name);
  checkHeads(merged.heads!, merged.batch!);
  return {
    label: merged.label ?? `${method.name}/${routine.name}`,
    method,
    routine,
    backbone: await completeBackbone(merged.backbone, source),
    dataset: complete('dataset', merged.dataset, source.name),
    tasks: merged.tasks!,
    balancer: complete('balancer', merged.balancer, source.name),
    gradients: merged.gradients!,
    regulariser: merged.regulariser ? complete('regulariser', merged.regulariser, source.name) : null,
    heads: merged.heads!,
    taskOptions: merged.taskOptions!,
    evaluation: merged.evaluation!,
    epochs: merged.epochs!,
    batch: merged.batch!,
    accumulate: merged.accumulate!,
    earlyStopping: merged.earlyStopping
      ? { least: 0, ...(merged.earlyStopping as Pick<EarlyStopping, 'patience'>) }
      : null,
    lr: checked(embedded(scheduleSchema), merged.lr, source.name, ['lr']),
    seed: merged.seed!,
    optimiser: completeOptimiser(merged.optimiser as OptimiserConfig),
    weightDecay: merged.weightDecay as RunConfig['weightDecay'],
    parameterGroups: merged.parameterGroups as RunConfig['parameterGroups'],
    clip: completeClip(merged.clip as Partial<Clipping> | null, source.name),
    averageWeights: completeAveraging(merged.averageWeights as Partial<LongAveraging> | null),
    augment: merged.augment!,
    mix: merged.mix ? { alpha: 1, probability: 1, ...(merged.mix as Pick<Mixing, 'by'>) } : null,
    erase: completeErasing(merged.erase as Erasing | null),
    statistics: merged.statistics!,
    engine,
    precision: merged.precision!,
    recompute: merged.recompute!,
    workers: { ...defaults.workers, ...(merged.workers as Partial<RunConfig['workers']>) },
    select: merged.select as RunConfig['select'],
    limit: merged.limit!,
    validation: merged.validation ? { share: 0.1, seed: 0, ...merged.validation } : null,
    layerRecords: merged.layerRecords
      ? { norms: 'epoch', gains: 'epoch', shapes: 'epoch', ...merged.layerRecords }
      : null,
    follows: merged.follows!,
    checkpoints: merged.checkpoints!,
    plugins: merged.plugins!,
  };
}

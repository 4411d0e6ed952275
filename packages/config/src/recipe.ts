import type { Ranking, Selector } from '@overparam/core-reparam';
import { keyFromSeed } from '@overparam/engine';
import { lookup, type PluginKind, type PluginPart } from '@overparam/plugin';
import { type Chosen, type Recipe, withOptions } from '@overparam/training';
import { headFor } from './heads';
import type { Choice, RunConfig } from './schema';
import { taskOf } from './tasks';

/**
 * The part of a plugin that a config names, with its options checked and completed. Here, and nowhere else, names become
 * values.
 *
 * @param where  what names it, for messages
 * @throws OverparamError `unknown-method` and so on, `invalid-options`
 */
export function chosen<Kind extends Exclude<PluginKind, 'task' | 'head'>>(
  kind: Kind,
  { name, ...given }: Choice,
  where = 'config',
): Chosen<PluginPart<Kind>> {
  return withOptions(lookup(kind, name), given, `${where}: ${kind} "${name}"`);
}

function selectorOf(select: RunConfig['select']): Selector | Ranking | undefined {
  if (select === null) return undefined;
  return Array.isArray(select) ? { any: select as readonly Selector[] } : (select as Selector | Ranking);
}

/**
 * The values that a completed config stands for; its plugins must be registered.
 *
 * @throws OverparamError where a part is not there or its options are not right
 */
export function recipeOf(config: RunConfig): Recipe {
  const select = selectorOf(config.select);
  return {
    key: keyFromSeed(config.seed),
    method: chosen('method', config.method),
    routine: chosen('routine', config.routine),
    backbone: chosen('backbone', config.backbone),
    balancer: chosen('balancer', config.balancer),
    gradients: config.gradients,
    regulariser: config.regulariser && chosen('regulariser', config.regulariser),
    task: (declared) => taskOf(declared, config.taskOptions),
    head: (task) => headFor(config.heads, task),
    ...(select && { select }),
    statistics: config.statistics,
    epochs: config.epochs,
    batch: config.batch,
    accumulate: config.accumulate,
    earlyStopping: config.earlyStopping,
    augment: config.augment,
    mix: config.mix,
    erase: config.erase,
    // A limit counts before images are held out, and what is held out is of the size that was asked for.
    limit: config.validation === null ? config.limit : {},
    lr: config.lr,
    parameterGroups: config.parameterGroups,
    clip: config.clip,
    averageWeights: config.averageWeights,
    layerRecords: config.layerRecords,
    // What is followed lies in files: whoever trains reads it.
    following: null,
    optimiser: config.optimiser,
    weightDecay: config.weightDecay,
    evaluation: config.evaluation,
    precision: config.precision,
    recompute: config.recompute,
  };
}

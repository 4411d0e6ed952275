import {
  type Backbone,
  collapse,
  expand,
  lookup,
  type Method,
  type OpenDataset,
  type Parameter,
  parametersOf,
  plain,
  type Selector,
  type Stage,
  type StateVariable,
  statesOf,
} from '@overparam/core-reparam';
import { foldKey, type Key } from '@overparam/engine';
import type { LayersModel } from '@tensorflow/tfjs';
import type { Choice, RunConfig } from '../config/schema';

/** A network in training, with its tensors listed once. Disposing it is the caller's. */
export interface TrainedNetwork {
  readonly stage: Stage;
  readonly model: LayersModel;
  readonly parameters: readonly Parameter[];
  readonly states: readonly StateVariable[];
}

function optionsOf({ name: _name, ...options }: Choice): Record<string, unknown> {
  return options;
}

/** The plain network of a run, its weights decided by the run's key alone, so that methods begin alike. */
export function buildPlain(config: RunConfig, dataset: OpenDataset, key: Key): LayersModel {
  const backbone: Backbone = lookup('backbone', config.backbone.name);
  const network = backbone.build(
    {
      inputShape: dataset.inputShape,
      tasks: dataset.tasks.map(({ name, kind, outputs }) => ({ name, kind, outputs })),
      key: foldKey(key, 'weights'),
    },
    optionsOf(config.backbone),
  );
  return network.model;
}

function selectorOf(select: RunConfig['select']): Selector | undefined {
  if (select === null) return undefined;
  return Array.isArray(select) ? { any: select as readonly Selector[] } : (select as Selector);
}

/**
 * The form of a network that a stage trains.
 *
 * @param from   a plain network, which stays the caller's
 * @param start  `preserve` where training goes on, so that the function does not change
 * @param values `zero` for a network that is only counted or is filled from a checkpoint
 */
export function networkFor(
  config: RunConfig,
  stage: Stage,
  from: LayersModel,
  key: Key,
  start: 'as configured' | 'preserve',
  values: 'initial' | 'zero' = 'initial',
): TrainedNetwork {
  const common = { key: foldKey(key, 'method'), statistics: config.statistics, values };
  const method: Method = lookup('method', config.method.name);
  const options = { ...optionsOf(config.method), ...(start === 'preserve' ? { start } : {}) };
  const model =
    stage === 'expanded'
      ? expand(from, { ...common, method, options, select: selectorOf(config.select) })
      : expand(from, { ...common, method: plain });
  return { stage, model, parameters: parametersOf(model), states: statesOf(model) };
}

/** Collapses a network in the middle of training, norms kept, so that training can go on in another form. */
export function plainForm(network: TrainedNetwork): LayersModel {
  return collapse(network.model, { norms: 'keep' }).model;
}

import {
  collapse,
  expand,
  type Parameter,
  parametersOf,
  plain,
  type Selector,
  type StateVariable,
  statesOf,
  trunkTasks,
} from '@overparam/core-reparam';
import { foldKey, type Key } from '@overparam/engine';
import {
  type Backbone,
  type Head,
  lookup,
  type Method,
  type Network,
  type OpenDataset,
  type Stage,
} from '@overparam/plugin';
import type { LayersModel } from '@tensorflow/tfjs';
import type { Choice, RunConfig } from '../config/schema';
import { headFor } from './heads';
import { tasksOf } from './tasks';

/** A trained tensor, and whose layer it is in. */
export interface TrainedParameter extends Parameter {
  /** The task that the layer belongs to; null for a shared layer, and in single-task networks. */
  readonly owner: string | null;
}

/** What a backbone says of its layers; it holds for every form of its network, as layers keep their names. */
export type Layout = Pick<Network, 'owner' | 'representations'>;

/** A network in training, with its tensors listed once. Disposing it is the caller's. */
export interface TrainedNetwork {
  readonly stage: Stage;
  readonly model: LayersModel;
  readonly layout: Layout;
  readonly parameters: readonly TrainedParameter[];
  readonly states: readonly StateVariable[];
  /** Tasks with a trunk of their own; none where all share one. */
  readonly trunks: readonly string[];
}

function optionsOf({ name: _name, ...options }: Choice): Record<string, unknown> {
  return options;
}

/** The plain network of a run, its weights decided by the run's key alone, so that methods begin alike. */
export function buildPlain(config: RunConfig, dataset: OpenDataset, key: Key): Network {
  const backbone: Backbone = lookup('backbone', config.backbone.name);
  return backbone.build(
    {
      inputShape: dataset.inputShape,
      tasks: tasksOf(dataset, config.taskOptions).map(({ name, form, outputs, unitLength }) => {
        const head: Head | null = headFor(config.heads, name);
        return { name, form, outputs, unitLength, ...(head && { head }) };
      }),
      key: foldKey(key, 'weights'),
    },
    optionsOf(config.backbone),
  );
}

function selectorOf(select: RunConfig['select']): Selector | undefined {
  if (select === null) return undefined;
  return Array.isArray(select) ? { any: select as readonly Selector[] } : (select as Selector);
}

/** Told of each expanded layer: how many are done of all, and its name. */
export type OnLayer = (done: number, total: number, layer: string) => void;

/**
 * The form of a network that a stage trains.
 *
 * @param from   a plain network, which stays the caller's
 * @param tasks  names of the tasks, one for each output
 * @param start  `preserve` where training goes on, so that the function does not change
 * @param values `zero` for a network that is only counted or is filled from a checkpoint
 */
export function networkFor(
  config: RunConfig,
  stage: Stage,
  from: Network,
  tasks: readonly string[],
  key: Key,
  start: 'as configured' | 'preserve',
  values: 'initial' | 'zero' = 'initial',
  onLayer?: OnLayer,
): TrainedNetwork {
  const { representations } = from;
  const owner = tasks.length > 1 ? (layer: string) => from.owner(layer) : () => null;
  const common = { key: foldKey(key, 'method'), statistics: config.statistics, values, tasks, owner };
  const method: Method = lookup('method', config.method.name);
  const options = { ...optionsOf(config.method), ...(start === 'preserve' ? { start } : {}) };
  const model =
    stage === 'expanded'
      ? expand(from.model, {
          ...common,
          method,
          options,
          select: selectorOf(config.select),
          ...(onLayer && { onLayer }),
        })
      : expand(from.model, { ...common, method: plain });
  return {
    stage,
    model,
    layout: { owner, representations },
    parameters: trainedParameters(model, owner),
    states: statesOf(model),
    trunks: trunkTasks(model),
  };
}

/**
 * Where shared layers hold parameters of single tasks, those of layers that belong to a task count as that task's
 * too, so that routines move them along with it.
 */
function trainedParameters(model: LayersModel, owner: Layout['owner']): TrainedParameter[] {
  const parameters = parametersOf(model);
  const tasksHaveParts = parameters.some(({ task }) => task !== null);
  return parameters.map((parameter) => {
    const own = owner(parameter.layer);
    return { ...parameter, owner: own, task: parameter.task ?? (tasksHaveParts ? own : null) };
  });
}

/** Collapses a network in the middle of training, norms kept, so that training can go on in another form. */
export function plainForm({ model, layout }: TrainedNetwork): Network {
  return { model: collapse(model, { norms: 'keep' }).model, ...layout };
}

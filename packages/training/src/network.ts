import {
  collapse,
  constrainedWeights,
  expand,
  type Parameter,
  parametersOf,
  plain,
  type StateVariable,
  statesOf,
  trunksStayApart,
  trunkTasks,
} from '@overparam/core-reparam';
import { foldKey } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import type { DatasetTask, Network, OpenDataset, Stage } from '@overparam/plugin';
import type { LayersModel } from '@tensorflow/tfjs';
import type { Layout } from './layout';
import type { Recipe } from './recipe';

/** A trained tensor, and whose layer it is in. */
export interface TrainedParameter extends Parameter {
  /** The task that the layer belongs to; null for a shared layer, and in single-task networks. */
  readonly owner: string | null;
}

/** A network in training, with its tensors listed once. Disposing it is the caller's. */
export interface TrainedNetwork {
  readonly stage: Stage;
  readonly model: LayersModel;
  readonly layout: Layout;
  readonly parameters: readonly TrainedParameter[];
  readonly states: readonly StateVariable[];
  /** Tasks with a trunk of their own; none where all share one. */
  readonly trunks: readonly string[];
  /** Whether these trunks stay apart to the end. */
  readonly apart: boolean;
}

/** What a network's first weights and its form follow from. */
export type NetworkRecipe = Pick<
  Recipe,
  'key' | 'task' | 'method' | 'backbone' | 'head' | 'select' | 'statistics'
>;

/** What a plain network is built for. */
export type NetworkData = Pick<OpenDataset, 'inputShape'> & { readonly tasks: readonly DatasetTask[] };

/** Told of each expanded layer: how many are done of all, and its name. */
export type OnLayer = (done: number, total: number, layer: string) => void;

/** The plain network of a recipe, its weights decided by the key alone, so that methods begin alike. */
export function buildPlain(recipe: NetworkRecipe, { inputShape, tasks }: NetworkData): Network {
  const { part: backbone, options } = recipe.backbone;
  return backbone.build(
    {
      inputShape,
      tasks: tasks.map((declared) => {
        const { name, form, outputs, unitLength } = recipe.task(declared);
        const head = recipe.head(name);
        return { name, form, outputs, unitLength, ...(head && { head }) };
      }),
      key: foldKey(recipe.key, 'weights'),
    },
    options,
  );
}

/** How {@link networkFor} makes a network. */
export interface NetworkOptions {
  readonly stage: Stage;
  /** Names of the tasks, one for each output. */
  readonly tasks: readonly string[];
  /** `preserve` where training goes on, so that the function does not change; else as the method's options say. */
  readonly start: 'as configured' | 'preserve';
  /** `zero` for a network that is only counted or is filled from a checkpoint; `initial` where left out. */
  readonly values?: 'initial' | 'zero';
  readonly onLayer?: OnLayer;
}

/**
 * The form of a network that a stage trains; the caller disposes it.
 *
 * @param from  a plain network, which stays the caller's
 */
export function networkFor(recipe: NetworkRecipe, from: Network, options: NetworkOptions): TrainedNetwork {
  const { stage, tasks, start, values = 'initial', onLayer } = options;
  const { representations } = from;
  const owner = tasks.length > 1 ? (layer: string) => from.owner(layer) : () => null;
  const common = {
    key: foldKey(recipe.key, 'method'),
    statistics: recipe.statistics,
    values,
    tasks,
    owner,
  };
  const { part: method, options: given } = recipe.method;
  const model =
    stage === 'expanded'
      ? expand(from.model, {
          ...common,
          method,
          options: start === 'preserve' ? { ...(given as object), start } : given,
          select: recipe.select,
          ...(onLayer && { onLayer }),
        })
      : expand(from.model, { ...common, method: plain });
  return trainedNetwork(model, { owner, representations }, stage);
}

/** The network of a stage with the recipe's first weights; the caller disposes it. See {@link networkFor}. */
export function networkOfStage(
  recipe: NetworkRecipe,
  data: NetworkData,
  options: Omit<NetworkOptions, 'tasks'>,
): TrainedNetwork {
  const from = buildPlain(recipe, data);
  try {
    return networkFor(recipe, from, { ...options, tasks: data.tasks.map(({ name }) => name) });
  } finally {
    from.model.dispose();
  }
}

/**
 * Lists the tensors of a network that `expand` made; the network stays the caller's.
 *
 * @throws OverparamError `unsupported-constraint` where a constraint is on what trains: no update would apply it
 */
export function trainedNetwork(
  model: LayersModel,
  layout: Layout,
  stage: Stage = 'expanded',
): TrainedNetwork {
  const [constrained] = constrainedWeights(model);
  if (constrained) {
    throw new OverparamError(
      'unsupported-constraint',
      `The layer "${constrained.layer}" has a constraint on its ${constrained.weight}, which no update would apply (TensorFlow.js's own fit applies none either). Make the layer without it, or freeze it.`,
    );
  }
  return {
    stage,
    model,
    layout,
    parameters: trainedParameters(model, layout.owner),
    states: statesOf(model),
    trunks: trunkTasks(model),
    apart: trunksStayApart(model),
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

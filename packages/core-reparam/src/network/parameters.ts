import type { Expansion, ParameterGroup, ParameterSpec, Role, Site, StateSpec } from '@overparam/plugin';
import type { LayersModel, Scalar, Tensor, Tensor4D, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { ExpandedLayer } from './expanded-layer';
import { layersWithin, timesRun } from './walk';

type LayerVariable = tf.layers.Layer['trainableWeights'][number];

/** One trained tensor of a network. */
export interface Parameter {
  /** `<layer>/<parameter>`, unique in the network. */
  readonly name: string;
  /** Belongs to the network. */
  readonly variable: Variable;
  readonly layer: string;
  readonly role: Role;
  readonly block: string | null;
  readonly task: string | null;
  /** The weight of the plain layer that it continues. */
  readonly continues: ParameterSpec['continues'] | null;
  /** Whether {@link decayPenalty} stands in for weight decay on it. */
  readonly covered: boolean;
}

/** One tensor of a network that is not trained. */
export interface StateVariable {
  /** `<layer>/<state>`, unique in the network. */
  readonly name: string;
  /** Belongs to the network. */
  readonly variable: Variable;
  readonly layer: string;
  readonly statistic: StateSpec['statistic'] | null;
  /** The value of a routine's plan that it follows from update to update, or null. */
  readonly follows: string | null;
}

/** An expanded layer, as it was made. */
export interface ExpandedSite {
  readonly layer: string;
  readonly method: string;
  readonly options: unknown;
  readonly site: Site;
  readonly expansion: Expansion;
}

/** All expanded layers of a network, in its order; those of models inside it too. */
export function expansionsOf(model: LayersModel): ExpandedSite[] {
  return placedExpansions(model).map(({ path, layer: { settings, expansion } }) => ({
    layer: path,
    method: settings.method,
    options: settings.options,
    site: settings.site,
    expansion,
  }));
}

/** The expanded layers themselves with their places, for this package's own use. */
export function placedExpansions(
  model: LayersModel,
): { readonly layer: ExpandedLayer; readonly path: string }[] {
  return layersWithin(model).flatMap(({ layer, path }) =>
    layer.getClassName() === ExpandedLayer.className ? [{ layer: layer as ExpandedLayer, path }] : [],
  );
}

/** The expanded layers themselves, for this package's own use. */
export function expandedLayers(model: LayersModel): ExpandedLayer[] {
  return placedExpansions(model).map(({ layer }) => layer);
}

/** All trained tensors of a network, in a fixed order. Works on plain networks too. */
export function parametersOf(model: LayersModel): Parameter[] {
  return layersWithin(model).flatMap((placed) =>
    (placed.frozen ? [] : placed.layer.trainableWeights).map((weight): Parameter => {
      const { layer, path } = placed;
      const short = shortName(layer, weight);
      const expansion = layer instanceof ExpandedLayer ? layer.expansion : null;
      const spec = expansion?.parameters.find((parameter) => parameter.name === short);
      return {
        name: `${path}/${short}`,
        variable: variableOf(weight),
        layer: path,
        role: spec?.role ?? 'plain',
        block: spec?.block ?? null,
        task: spec?.task ?? null,
        continues: spec?.continues ?? plainContinues(short),
        covered: expansion?.decayCovers?.includes(short) ?? false,
      };
    }),
  );
}

function plainContinues(short: string): Parameter['continues'] {
  return short === 'kernel' || short === 'bias' || short === 'gamma' || short === 'beta' ? short : null;
}

/** All tensors of a network that are not trained: running statistics and frozen weights, in a fixed order. */
export function statesOf(model: LayersModel): StateVariable[] {
  return layersWithin(model).flatMap(({ layer, path, frozen }) =>
    (frozen ? layer.weights : layer.nonTrainableWeights).map((weight): StateVariable => {
      const short = shortName(layer, weight);
      const follows = specOf(layer, short)?.follows ?? null;
      const statistic = statisticOf(layer, short);
      return { name: `${path}/${short}`, variable: variableOf(weight), layer: path, statistic, follows };
    }),
  );
}

function specOf(layer: tf.layers.Layer, short: string): StateSpec | undefined {
  if (!(layer instanceof ExpandedLayer)) return undefined;
  return layer.expansion.state.find((state) => state.name === short);
}

function statisticOf(layer: tf.layers.Layer, short: string): StateVariable['statistic'] {
  if (layer instanceof ExpandedLayer) return specOf(layer, short)?.statistic ?? null;
  if (short.startsWith('moving_mean')) return 'mean';
  return short.startsWith('moving_variance') ? 'variance' : null;
}

/** A weight's name without its layer's. */
function shortName(layer: tf.layers.Layer, { originalName }: LayerVariable): string {
  return originalName.startsWith(`${layer.name}/`) ? originalName.slice(layer.name.length + 1) : originalName;
}

function variableOf(weight: LayerVariable): Variable {
  return weight.read() as Tensor as Variable;
}

/** A weight under a constraint. */
export interface ConstrainedWeight {
  readonly layer: string;
  /** The weight's name in its layer, such as `kernel`. */
  readonly weight: string;
}

/**
 * The weights that train and that a constraint is on. tfjs applies constraints when weights are set and at no update,
 * and no optimiser of this project does.
 */
export function constrainedWeights(model: LayersModel): ConstrainedWeight[] {
  return layersWithin(model).flatMap(({ layer, path, frozen }) =>
    (frozen ? [] : layer.trainableWeights)
      .filter((weight) => (weight as unknown as { readonly constraint: unknown }).constraint)
      .map((weight) => ({ layer: path, weight: shortName(layer, weight) })),
  );
}

/**
 * The tasks that have a trunk of their own, in the order of the network's outputs; none where all share one,
 * as in every network but those of methods that expand per task.
 */
export function trunkTasks(model: LayersModel): readonly string[] {
  const own = expandedLayers(model).find(
    ({ expansion, settings }) => expansion.perTask && settings.site.tasks.length > 1,
  );
  return own?.settings.site.tasks ?? [];
}

/** Whether the tasks' trunks stay apart to the end, so that a network is deployed for each; see `Expansion.perTask`. */
export function trunksStayApart(model: LayersModel): boolean {
  return expandedLayers(model).some(
    ({ expansion, settings }) => expansion.perTask === 'separate' && settings.site.tasks.length > 1,
  );
}

/** The groups that routines choose from, with their sizes, in order of first appearance. */
export function parameterGroups(parameters: readonly Parameter[]): ParameterGroup[] {
  const groups = new Map<string, ParameterGroup>();
  for (const { role, block, task, variable } of parameters) {
    const key = JSON.stringify([role, block, task]);
    const size = (groups.get(key)?.size ?? 0) + variable.size;
    groups.set(key, { role, block, task, size });
  }
  return [...groups.values()];
}

/**
 * The sum of the penalties that methods bring of their own, with their coefficients, and of the regularisers of layers
 * that are not expanded, each once for every use of its layer, as tfjs counts them; null where there is none.
 * Differentiable; the caller disposes.
 */
export function ownPenalty(model: LayersModel): Scalar | null {
  const layers = layersWithin(model).map(({ layer }) => layer);
  const isExpanded = (layer: tf.layers.Layer): layer is ExpandedLayer => layer instanceof ExpandedLayer;
  const methods = layers.filter(isExpanded).filter(({ expansion }) => expansion.regulariser);
  const regularised = layers.filter((layer) => !isExpanded(layer) && layer.losses.length > 0);
  if (methods.length + regularised.length === 0) return null;
  return tf.tidy(() => {
    const times = regularised.length > 0 ? timesRun(model) : null;
    const penalties = regularised.flatMap((layer) =>
      layer.calculateLosses().map((loss) => tf.mul(tf.mean(loss), times!.get(layer)!)),
    );
    return tf.addN([...methods.map((layer) => layer.regulariser()!), ...penalties]).asScalar();
  });
}

/**
 * The sum of all expansions' penalties in place of weight decay, without coefficient; 0 where there is none.
 * Differentiable; the caller disposes.
 *
 * @param composed  kernels that a forward pass has composed, by layer name; borrowed
 */
export function decayPenalty(
  model: LayersModel,
  composed: ReadonlyMap<string, Tensor4D> = new Map(),
): Scalar {
  return tf.tidy(() => {
    const penalties = placedExpansions(model).flatMap(
      ({ layer, path }) => layer.penalty(composed.get(path)) ?? [],
    );
    return penalties.length > 0 ? tf.addN(penalties).asScalar() : tf.scalar(0);
  });
}

import type { Expansion, ParameterGroup, ParameterSpec, Role, Site, StateSpec } from '@overparam/plugin';
import type { LayersModel, Scalar, Tensor, Tensor4D, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { ExpandedLayer } from './network/expanded-layer';

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

/** All expanded layers of a network, in its order. */
export function expansionsOf(model: LayersModel): ExpandedSite[] {
  return expandedLayers(model).map(({ name, settings, expansion }) => ({
    layer: name,
    method: settings.method,
    options: settings.options,
    site: settings.site,
    expansion,
  }));
}

/** The layers themselves, for this package's own use. */
export function expandedLayers(model: LayersModel): ExpandedLayer[] {
  return model.layers.filter(
    (layer): layer is ExpandedLayer => layer.getClassName() === ExpandedLayer.className,
  );
}

/** All trained tensors of a network, in a fixed order. Works on plain networks too. */
export function parametersOf(model: LayersModel): Parameter[] {
  return model.layers.flatMap((layer) =>
    layer.trainableWeights.map((weight): Parameter => {
      const name = nameOf(layer, weight);
      const base = { name, variable: variableOf(weight), layer: layer.name };
      const expansion = layer instanceof ExpandedLayer ? layer.expansion : null;
      const short = name.slice(layer.name.length + 1);
      const spec = expansion?.parameters.find((parameter) => parameter.name === short);
      return {
        ...base,
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
  return model.layers.flatMap((layer) =>
    layer.nonTrainableWeights.map((weight): StateVariable => {
      const name = nameOf(layer, weight);
      const short = name.slice(layer.name.length + 1);
      const follows = specOf(layer, short)?.follows ?? null;
      const statistic = statisticOf(layer, short);
      return { name, variable: variableOf(weight), layer: layer.name, statistic, follows };
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

function nameOf(layer: tf.layers.Layer, weight: LayerVariable): string {
  const name = weight.originalName;
  return name.startsWith(`${layer.name}/`) ? name : `${layer.name}/${name}`;
}

function variableOf(weight: LayerVariable): Variable {
  return weight.read() as Tensor as Variable;
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
 * The sum of the penalties that methods bring of their own, with their coefficients; null where none does.
 * Differentiable; the caller disposes.
 */
export function ownPenalty(model: LayersModel): Scalar | null {
  const layers = expandedLayers(model).filter(({ expansion }) => expansion.regulariser);
  if (layers.length === 0) return null;
  return tf.tidy(() => tf.addN(layers.map((layer) => layer.regulariser()!)).asScalar());
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
    const penalties = expandedLayers(model).flatMap((layer) => layer.penalty(composed.get(layer.name)) ?? []);
    return penalties.length > 0 ? tf.addN(penalties).asScalar() : tf.scalar(0);
  });
}

import { convolution, foldKey, inferenceBatchNorm, type Key, normalTensor } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import type { LayersModel, Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { inputChannels } from './algebra/geometry';
import { gapBetween } from './closeness';
import { forward } from './forward';
import type { ExpandedLayer } from './network/expanded-layer';
import type { Graph, GraphLayer } from './network/graph';
import { placedExpansions } from './network/parameters';
import { readGraph } from './network/read-graph';
import { placedLayers } from './network/sites';
import { layersWithin } from './network/walk';
import { networkGap } from './network-gap';
import { type Probes, probesFor } from './probes';
import { defaultTolerance } from './tolerance';

const key: Key = [0x0be91a5e, 0x00c0ffee];

/**
 * Compares an expanded network with the one that it should begin as, on one example, in inference.
 *
 * @throws OverparamError `expand-mismatch`, naming the worst layer, unless allowed
 */
export function checkStart(
  given: LayersModel,
  expanded: LayersModel,
  options: { readonly probes?: Probes; readonly allowMismatch?: boolean },
): void {
  if (options.allowMismatch) return;
  const probes = probesFor(given, options.probes, key, 1);
  try {
    const probing = { task: null, tolerance: defaultTolerance, forgiving: true, probes, key };
    const { gap, tolerance } = networkGap(expanded, given, probing);
    if (gap <= tolerance) return;
    const allowed = 'To get the expanded network all the same, pass allowMismatch: true.';
    if (!givesFinite(given, probes)) {
      throw new OverparamError(
        'probe-failed',
        `The network "${given.name}" gives numbers that are not finite on the inputs on which it is compared with its expanded form. ` +
          `Hand over inputs of your own as probes. ${allowed}`,
      );
    }
    throw new OverparamError(
      'expand-mismatch',
      `The expanded network does not begin as the given one: gap ${gap.toExponential(1)}, expected at most ` +
        `${tolerance.toExponential(1)}. ${worstLayer(given, expanded, probes, tolerance)} ${allowed}`,
    );
  } catch (error) {
    expanded.dispose();
    throw error;
  } finally {
    tf.dispose(probes);
  }
}

function givesFinite(model: LayersModel, probes: Tensor[]): boolean {
  return tf.tidy(() =>
    forward(model, probes, { mode: 'infer' }).every((output) => output.dataSync().every(Number.isFinite)),
  );
}

/** One sentence on where the two networks part. */
function worstLayer(
  given: LayersModel,
  expanded: LayersModel,
  probes: readonly Tensor[],
  tolerance: number,
): string {
  const gaps = expansionGaps(given, expanded);
  const worst = gaps.reduce((a, b) => (b.gap > a.gap ? b : a));
  if (worst.gap > tolerance) {
    return `The worst layer is "${worst.path}" (${worst.method}, gap ${worst.gap.toExponential(1)}): its first values are not those of the given layer.`;
  }
  const first = firstDifference(given, expanded, [...probes], tolerance);
  return first
    ? `Every expanded layer by itself begins as the given one; the first layer that differs in the network is "${first}".`
    : 'Every expanded layer by itself begins as the given one, so the cause lies outside of them.';
}

interface ExpansionGap {
  readonly path: string;
  readonly method: string;
  readonly gap: number;
}

function expansionGaps(given: LayersModel, expanded: LayersModel): ExpansionGap[] {
  const places = placedLayers(readGraph(given));
  return placedExpansions(expanded).map(({ layer, path }) => {
    const { graph, layer: plain } = places.find((place) => place.layer.path === path)!;
    return {
      path,
      method: layer.settings.method,
      gap: tf.tidy(() => expansionGap(graph, plain, layer, path)),
    };
  });
}

function expansionGap(graph: Graph, plain: GraphLayer, layer: ExpandedLayer, path: string): number {
  const { site } = layer.settings;
  const [kernel, bias] = plain.weights!;
  const extent = (axis: 0 | 1) => site.dilation[axis] * (site.kernelShape[axis] - 1) + 1;
  const height = site.kind === 'conv1d' ? 1 : extent(0) + 3;
  const sides = site.kind === 'dense' ? [1, 1] : [height, extent(1) + 4];
  const x = normalTensor(foldKey(key, path), [1, ...sides, inputChannels(site)], 0, 1) as Tensor4D;
  const linear = convolution(x, kernel!.reshape([...site.kernelShape]) as Tensor4D, site);
  const biased = (site.bias ? linear.add(bias!) : linear) as Tensor4D;
  const norm = layer.expansion.takesNorm ? graph.layer(site.norm!.layer.slice(graph.prefix.length)) : null;
  const [gamma, beta, mean, variance] = (norm?.weights ?? []) as Tensor1D[];
  const wanted = norm
    ? inferenceBatchNorm(biased, gamma!, beta!, mean!, variance!, site.norm!.epsilon)
    : biased;
  const context = { mode: 'infer', task: null, updateStatistics: false } as const;
  const { y } = layer.expansion.forward(x, layer.parameterValues(), layer.stateValues(), context);
  return gapBetween(y, wanted);
}

/** The first layer, in the order in which the given network runs, whose outputs differ between the networks. */
function firstDifference(
  given: LayersModel,
  expanded: LayersModel,
  probes: Tensor[],
  tolerance: number,
): string | null {
  const [found, wanted] = [expanded, given].map((model) => outputsOf(model, probes)) as [Outputs, Outputs];
  // What took a norm over gives what that gave.
  const taken = new Map(
    placedExpansions(expanded).map(({ layer, path }) => [
      path,
      (layer.expansion.takesNorm && layer.settings.site.norm?.layer) || path,
    ]),
  );
  const differs = ([path, outputs]: readonly [string, readonly Tensor[]]) => {
    const others = wanted.get(taken.get(path) ?? path);
    return outputs.some((output, index) => {
      const other = others?.[index];
      return other !== undefined && gapBetween(output, other) > tolerance;
    });
  };
  const first = [...found].find(differs)?.[0] ?? null;
  tf.dispose([...found.values(), ...wanted.values()].flat());
  return first;
}

type Outputs = Map<string, Tensor[]>;

/** The outputs of every layer at each of its runs, in the order of the runs; the caller disposes. */
function outputsOf(model: LayersModel, probes: Tensor[]): Outputs {
  const outputs: Outputs = new Map();
  const layers = layersWithin(model);
  for (const { layer, path } of layers) {
    const call = layer.call.bind(layer);
    layer.call = (inputs, kwargs) => {
      const result = call(inputs, kwargs);
      const list = (Array.isArray(result) ? result : [result]).map((output) => tf.keep(tf.clone(output)));
      outputs.set(path, [...(outputs.get(path) ?? []), ...list]);
      return result;
    };
  }
  try {
    tf.dispose(forward(model, probes, { mode: 'infer' }));
  } finally {
    // The method of the class shows again.
    for (const { layer } of layers) delete (layer as { call?: unknown }).call;
  }
  return outputs;
}

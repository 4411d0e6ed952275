import type { Padding, Site, SiteNorm } from '@overparam/plugin';
import type { LayersModel } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { outputSize, samePadding } from '../algebra/geometry';
import { isBypassed } from './bypass';
import type { Graph, GraphLayer } from './graph';
import { layersInside } from './layer-state';
import { absorbedPadding, exclusiveNorm } from './neighbours';
import type { NormLayerSettings } from './norm-layer';
import { readGraph } from './read-graph';
import { rulesOf } from './rules';

/** A layer of a network, as a site or with the reason why it is none. */
export interface SiteReport {
  /** Its name; in a model that is a layer itself, behind that one's: `base/conv`. */
  readonly layer: string;
  readonly site: Site | null;
  /** Null for sites, and for layers without a kernel (activations, pooling, norms). */
  readonly reason: string | null;
}

/** Running statistics as PyTorch keeps them, unless a config says otherwise. */
export type Statistics = 'unbiased' | 'biased';

/** What sites are told beside the network itself. */
export interface SiteSettings {
  /** What running variances take; `unbiased`, as PyTorch, where left out. */
  readonly statistics?: Statistics;
  /** Names of the network's tasks, one for each output. */
  readonly tasks?: readonly string[];
  /** The task that a layer belongs to, or null for a shared layer; all are shared where left out. */
  readonly owner?: (layer: string) => string | null;
}

/** Every layer with a kernel, with what a method would be told of it; those of models inside the network too. */
export function sitesOf(model: LayersModel, settings: SiteSettings = {}): SiteReport[] {
  return placedLayers(readGraph(model)).map(({ graph, layer }) => siteOf(graph, layer, settings));
}

/** All layers of a network and of the models inside it, each once, in the network's order. */
export function placedLayers(whole: Graph): { readonly graph: Graph; readonly layer: GraphLayer }[] {
  const found = new Map<number, { graph: Graph; layer: GraphLayer }>();
  const collect = (graph: Graph) => {
    for (const layer of graph.layers.values()) {
      if (found.has(layer.id)) continue;
      found.set(layer.id, { graph, layer });
      if (layer.inner) collect(layer.inner);
    }
  };
  collect(whole);
  return [...found.values()];
}

function tasksOf(layer: string, { tasks = [], owner }: SiteSettings): readonly string[] {
  const own = owner?.(layer) ?? null;
  return own === null ? tasks : [own];
}

const unsupportedKinds: Readonly<Record<string, string>> = {
  Conv1D: 'a one-dimensional convolution',
  Conv3D: 'a three-dimensional convolution',
  Conv2DTranspose: 'a transposed convolution',
  Conv3DTranspose: 'a transposed convolution',
  SeparableConv2D: 'a separable convolution',
  DepthwiseConv2D: 'a depthwise convolution',
  Embedding: 'an embedding',
  OverparamExpanded: 'already expanded',
};

/** Why a layer with a kernel is of a kind that is not expanded, or null. */
function unsupportedKind({ className, source, inner }: GraphLayer): string | null {
  if (inner) return null;
  if (className in unsupportedKinds) return `is ${unsupportedKinds[className]}, which no method expands`;
  if (!source) return null;
  const wrapped = layersInside(source).find((layer) => layer.weights.length > 0);
  if (wrapped) {
    return `holds ${wrapped instanceof tf.LayersModel ? 'the model' : 'the layer'} "${wrapped.name}" itself, and nothing is expanded in there`;
  }
  const hasKernel = source.weights.some(({ originalName }) => originalName.endsWith('kernel'));
  return hasKernel ? `is of the kind ${className}, which no method expands` : null;
}

/** Describes one layer of a topology as a site. */
export function siteOf(graph: Graph, layer: GraphLayer, settings: SiteSettings): SiteReport {
  const refuse = (reason: string | null): SiteReport => ({ layer: layer.path, site: null, reason });
  const { className, config, calls } = layer;
  if (className !== 'Conv2D' && className !== 'Dense') return refuse(unsupportedKind(layer));
  const [rule] = rulesOf(config);
  if (rule) return refuse(`has a ${rule}, which an expansion would lose; take it off and use weight decay`);
  if (config.dataFormat === 'channelsFirst')
    return refuse('has dataFormat channelsFirst (expected channelsLast)');
  if (layer.frozen === 'all')
    return refuse('is frozen (trainable: false), and an expansion of it would never train');
  if (layer.frozen === 'partly')
    return refuse('is frozen in part: some of its weights train and others do not');
  if (layer.shared) return refuse('belongs to several models of this network at once');
  if (!layer.weights) return refuse('has no weights yet');
  const norm = normBehind(graph, layer, settings.statistics ?? 'unbiased');
  if (norm === 'differs') return refuse('is shared, and its uses are followed by different norms');
  const common = {
    name: layer.path,
    bias: config.useBias !== false,
    norm,
    activation: (config.activation as string | null) ?? 'linear',
    bypassed: isBypassed(graph, layer.name),
    tasks: tasksOf(layer.path, settings),
  };
  const shape = layer.weights[0]!.shape;
  const inputs = calls.flatMap(({ inputShapes }) => inputShapes);
  if (className === 'Dense') {
    const site: Site = {
      ...common,
      kind: 'dense',
      kernelShape: [1, 1, shape[0]!, shape[1]!],
      strides: [1, 1],
      dilation: [1, 1],
      padding: noPadding,
      inputSizes: inputs.map(() => [1, 1] as const),
    };
    return { layer: layer.path, site, reason: null };
  }
  const kernelShape = shape as [number, number, number, number];
  const strides = config.strides as [number, number];
  const dilation = config.dilationRate as [number, number];
  const absorbed = absorbedPadding(graph, layer);
  const paddings = inputs.map((input): Padding | null => {
    if (absorbed) return absorbed.padding;
    if (config.padding === 'valid') return noPadding;
    const size = [input[1] ?? null, input[2] ?? null] as const;
    return samePadding([kernelShape[0], kernelShape[1]], strides, dilation, size);
  });
  const padding = paddings[0] ?? null;
  if (!padding || paddings.includes(null)) {
    return refuse(
      'pads `same` with a stride, which depends on the input size, and that is unknown; give the network a fixed input size',
    );
  }
  if (new Set(paddings.map((other) => other?.flat().join())).size > 1) {
    return refuse('is shared, and `same` means different padding at its uses');
  }
  const geometry = { kernelShape, strides, dilation, padding };
  const before = absorbed ? graph.layer(absorbed.layer).calls[0]!.inputShapes : inputs;
  const inputSizes = before.map((input) => [input[1] ?? null, input[2] ?? null] as const);
  const small = inputSizes.find((size) =>
    size.some((side, axis) => (outputSize(geometry, axis as 0 | 1, side) ?? 1) < 1),
  );
  if (small) return refuse(`has a kernel larger than its input of ${small.join('x')} pixels`);
  const site: Site = { ...common, kind: 'conv2d', ...geometry, inputSizes };
  return { layer: layer.path, site, reason: null };
}

const noPadding: Padding = [
  [0, 0],
  [0, 0],
];

/**
 * The batch norm directly behind every use of a layer, or null. `differs` where some uses have another one
 * than others.
 */
function normBehind(graph: Graph, layer: GraphLayer, statistics: Statistics): SiteNorm | null | 'differs' {
  const norm = exclusiveNorm(graph, layer);
  if (norm === null || norm === 'differs') return norm;
  const { epsilon, momentum, center, scale, unbiased } = norm.config as unknown as NormLayerSettings;
  // Without gamma or beta there is less to take over than an expansion's norms have; one that is frozen, or under a
  // constraint or regulariser, is another norm than theirs.
  if (!center || !scale || norm.frozen !== 'no' || rulesOf(norm.config).length > 0) return null;
  return { layer: norm.path, epsilon, momentum, unbiased: unbiased ?? statistics === 'unbiased' };
}

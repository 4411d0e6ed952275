import type { Padding, Site, SiteKind, SiteNorm } from '@overparam/plugin';
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
  Conv3D: 'a three-dimensional convolution',
  Conv2DTranspose: 'a transposed convolution',
  Conv3DTranspose: 'a transposed convolution',
  SeparableConv2D: 'a separable convolution',
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

/** The kinds of sites, by the classes of tfjs's layers. */
const kinds: Readonly<Record<string, SiteKind>> = {
  Conv2D: 'conv2d',
  Dense: 'dense',
  Conv1D: 'conv1d',
  DepthwiseConv2D: 'depthwise',
};

/** Describes one layer of a topology as a site. */
export function siteOf(graph: Graph, layer: GraphLayer, settings: SiteSettings): SiteReport {
  const refuse = (reason: string | null): SiteReport => ({ layer: layer.path, site: null, reason });
  const { className, config, calls } = layer;
  const kind = kinds[className];
  if (!kind) return refuse(unsupportedKind(layer));
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
  if (kind === 'dense') {
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
  if (kind === 'depthwise' && pairOf(kind, config.dilationRate ?? 1).some((rate) => rate > 1))
    return refuse(
      'has a dilationRate, which the depthwise layer of TensorFlow.js leaves out of what it computes',
    );
  if (config.padding === 'causal') return refuse('pads `causal`, which TensorFlow.js does not compute');
  const { kernelShape, groups } = kernelOf(kind, shape);
  const strides = pairOf(kind, config.strides);
  const dilation = pairOf(kind, config.dilationRate ?? 1);
  const absorbed = absorbedPadding(graph, layer);
  const paddings = inputs.map((input): Padding | null => {
    if (absorbed) return absorbed.padding;
    if (config.padding === 'valid') return noPadding;
    const size = sizeOf(kind, input);
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
  const inputSizes = before.map((input) => sizeOf(kind, input));
  const small = inputSizes.find((size) =>
    size.some((side, axis) => (outputSize(geometry, axis as 0 | 1, side) ?? 1) < 1),
  );
  if (small) return refuse(`has a kernel larger than its input of ${small.join('x')} pixels`);
  const inGroups = groups > 1 && { groups };
  const site: Site = { ...common, kind, ...geometry, ...inGroups, inputSizes };
  return { layer: layer.path, site, reason: null };
}

/** A convolution's kernel as sites have it, from the shape in which tfjs holds it. */
function kernelOf(
  kind: SiteKind,
  shape: readonly (number | null)[],
): { readonly kernelShape: Site['kernelShape']; readonly groups: number } {
  const [a, b, c, d] = shape as number[];
  if (kind === 'conv1d') return { kernelShape: [1, a!, b!, c!], groups: 1 };
  // [kh, kw, cin, multiplier]: channel c gives the channels from c * multiplier on.
  if (kind === 'depthwise') return { kernelShape: [a!, b!, 1, c! * d!], groups: c! };
  return { kernelShape: [a!, b!, c!, d!], groups: 1 };
}

/** Strides or dilation of a layer, down and across. */
function pairOf(kind: SiteKind, given: unknown): [number, number] {
  const [first, second] = (Array.isArray(given) ? given : [given, given]) as [number, number | undefined];
  return kind === 'conv1d' ? [1, first] : [first, second ?? first];
}

/** Height and width of what comes into a convolution. */
function sizeOf(kind: SiteKind, input: readonly (number | null)[]): readonly [number | null, number | null] {
  return kind === 'conv1d' ? [1, input[1] ?? null] : [input[1] ?? null, input[2] ?? null];
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

import type { Padding, Site, SiteNorm } from '@overparam/plugin';
import type { LayersModel } from '@tensorflow/tfjs';
import { samePadding } from './algebra/geometry';
import { type Call, type Graph, type GraphLayer, readGraph } from './network/graph';
import type { NormLayerSettings } from './network/norm-layer';

/** A layer of a network, as a site or with the reason why it is none. */
export interface SiteReport {
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

/** Every layer with a kernel, with what a method would be told of it. */
export function sitesOf(model: LayersModel, settings: SiteSettings = {}): SiteReport[] {
  const graph = readGraph(model);
  return [...graph.layers.values()].map((layer) => siteOf(graph, layer, settings));
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
  OverparamExpanded: 'already expanded',
};

/** Describes one layer of a topology as a site. */
export function siteOf(graph: Graph, layer: GraphLayer, settings: SiteSettings): SiteReport {
  const refuse = (reason: string | null): SiteReport => ({ layer: layer.name, site: null, reason });
  const { className, config, calls } = layer;
  if (className in unsupportedKinds)
    return refuse(`is ${unsupportedKinds[className]}, which no method expands`);
  if (className !== 'Conv2D' && className !== 'Dense') return refuse(null);
  const constrained = [
    'kernelRegularizer',
    'kernelConstraint',
    'biasRegularizer',
    'biasConstraint',
    'activityRegularizer',
  ];
  const rule = constrained.find((name) => config[name] !== null && config[name] !== undefined);
  if (rule) return refuse(`has a ${rule}, which an expansion would lose; take it off and use weight decay`);
  if (config.dataFormat === 'channelsFirst')
    return refuse('has dataFormat channelsFirst (expected channelsLast)');
  if (!layer.weights) return refuse('has no weights yet');
  const norm = normBehind(graph, layer, settings.statistics ?? 'unbiased');
  if (norm === 'differs') return refuse('is shared, and its uses are followed by different norms');
  const common = {
    name: layer.name,
    bias: config.useBias !== false,
    norm,
    activation: (config.activation as string | null) ?? 'linear',
    bypassed: isBypassed(graph, layer.name),
    tasks: tasksOf(layer.name, settings),
  };
  const shape = layer.weights[0]!.shape;
  if (className === 'Dense') {
    const site: Site = {
      ...common,
      kind: 'dense',
      kernelShape: [1, 1, shape[0]!, shape[1]!],
      strides: [1, 1],
      dilation: [1, 1],
      padding: noPadding,
      inputSizes: calls.map(() => [1, 1] as const),
    };
    return { layer: layer.name, site, reason: null };
  }
  const kernelShape = shape as [number, number, number, number];
  const strides = config.strides as [number, number];
  const dilation = config.dilationRate as [number, number];
  const absorbed = absorbedPadding(graph, layer);
  const paddings = calls.map(({ inputShape }): Padding | null => {
    if (absorbed) return absorbed.padding;
    if (config.padding === 'valid') return noPadding;
    const size = [inputShape?.[1] ?? null, inputShape?.[2] ?? null] as const;
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
  const inputSizes = calls.map(({ inputShape }, index) => {
    const before = absorbed ? graph.layer(absorbed.layer).calls[index]!.inputShape : inputShape;
    return [before?.[1] ?? null, before?.[2] ?? null] as const;
  });
  const site: Site = { ...common, kind: 'conv2d', kernelShape, strides, dilation, padding, inputSizes };
  return { layer: layer.name, site, reason: null };
}

const noPadding: Padding = [
  [0, 0],
  [0, 0],
];

/** The zero padding layer in front of a `valid` convolution, if it serves that one use only. */
export function absorbedPadding(graph: Graph, layer: GraphLayer): { layer: string; padding: Padding } | null {
  if (layer.config.padding !== 'valid' || layer.calls.length !== 1) return null;
  const from = layer.calls[0]!.inputs[0]!;
  const before = graph.layer(from.layer);
  const exclusive = before.calls.length === 1 && graph.consumers(from).length === 1 && !graph.isOutput(from);
  if (before.className !== 'ZeroPadding2D' || before.config.dataFormat === 'channelsFirst' || !exclusive)
    return null;
  return { layer: before.name, padding: before.config.padding as unknown as Padding };
}

/**
 * The batch norm directly behind every use of a layer, or null. `differs` where some uses have another one
 * than others.
 */
function normBehind(graph: Graph, layer: GraphLayer, statistics: Statistics): SiteNorm | null | 'differs' {
  const norm = exclusiveNorm(graph, layer);
  if (norm === null || norm === 'differs') return norm;
  const { epsilon, momentum, center, scale, unbiased } = norm.config as unknown as NormLayerSettings;
  // Without gamma or beta there is less to take over than an expansion's norms have.
  if (!center || !scale) return null;
  return { layer: norm.name, epsilon, momentum, unbiased: unbiased ?? statistics === 'unbiased' };
}

/** The norm that follows every use of a layer and nothing else, or null; `differs` where uses disagree. */
export function exclusiveNorm(graph: Graph, layer: GraphLayer): GraphLayer | null | 'differs' {
  const norms = layer.calls.map((_, call) => normBehindCall(graph, layer, call));
  if (new Set(norms).size > 1) return 'differs';
  const name = norms[0];
  if (!name) return null;
  const norm = graph.layer(name);
  return norm.calls.length === layer.calls.length ? norm : null;
}

function normBehindCall(graph: Graph, layer: GraphLayer, call: number): string | null {
  if ((layer.config.activation ?? 'linear') !== 'linear') return null;
  const output = { layer: layer.name, call, output: 0 };
  const consumers = graph.consumers(output);
  const only = consumers[0];
  if (!only || consumers.length !== 1 || graph.isOutput(output)) return null;
  return isNorm(only.layer) ? only.layer.name : null;
}

/** Whether a layer normalises over the last axis, as tfjs's own or as this package's norm. */
export function isNorm(layer: GraphLayer): boolean {
  if (layer.className === 'OverparamNorm') return true;
  if (layer.className !== 'BatchNormalization') return false;
  const rank = layer.calls[0]?.inputShape?.length;
  return layer.config.axis === -1 || (rank !== undefined && layer.config.axis === rank - 1);
}

/**
 * Whether something behind the layer can be reached without passing through it. Only the first outputs of layers
 * count: a further one, such as the places of a pooling's maxima, is no signal that could go around a layer.
 */
function isBypassed(graph: Graph, name: string): boolean {
  const behind = reach(graph, [name], null);
  behind.delete(name);
  const around = reach(
    graph,
    graph.inputs.map((input) => input.layer),
    name,
  );
  return [...behind].some(
    (layer) => around.has(layer) && graph.layer(layer).calls.some((call) => signals(call).length > 1),
  );
}

const signals = ({ inputs }: Call) => inputs.filter(({ output }) => output === 0);

/** Names of all layers that can be reached from some, without entering `closed`. */
function reach(graph: Graph, from: readonly string[], closed: string | null): Set<string> {
  const next = followers(graph);
  const seen = new Set<string>(from.filter((name) => name !== closed));
  const open = [...seen];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    for (const follower of next.get(name) ?? []) {
      if (follower === closed || seen.has(follower)) continue;
      seen.add(follower);
      open.push(follower);
    }
  }
  return seen;
}

function followers(graph: Graph): Map<string, Set<string>> {
  const next = new Map<string, Set<string>>();
  for (const layer of graph.layers.values()) {
    for (const input of layer.calls.flatMap(signals)) {
      const known = next.get(input.layer) ?? new Set<string>();
      next.set(input.layer, known.add(layer.name));
    }
  }
  return next;
}

import { OverparamError } from '@overparam/errors';
import type { Padding, PlainLayer, Site } from '@overparam/plugin';
import type { LayersModel, Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { equalPadding, inputChannels, outputSize, samePadding } from '../algebra/geometry';
import { normThatAdds } from '../algebra/norms';
import { buildModel } from './build-graph';
import { ExpandedLayer } from './expanded-layer';
import { foldNorms } from './fold-norms';
import type { Graph, LayerForm } from './graph';
import { frozenPart, type LayerState } from './layer-state';
import { meanStatistics, type NormLayerSettings, normRules, normTasks } from './norm-layer';
import { trunkTasks } from './parameters';
import { readGraph } from './read-graph';

type Config = tf.serialization.ConfigDict;
type StockLayer =
  | 'Conv2D'
  | 'Conv1D'
  | 'DepthwiseConv2D'
  | 'Dense'
  | 'ZeroPadding2D'
  | 'BatchNormalization'
  | 'Dropout';

/** Whether norms become part of the layers before them, or stay layers of their own. */
export type Norms = 'fold' | 'keep';

/**
 * Builds the network of stock tfjs layers that an expanded one stands for, unchecked; see `collapse`.
 *
 * @param task  whose trunk is meant, and whose output alone is kept; null for the one network of all
 * @returns a new network; the caller disposes it
 */
export function buildDeployed(model: LayersModel, norms: Norms, task: string | null = null): LayersModel {
  let deployed: LayersModel | null = null;
  // The result leaves the tidy by assignment: a tidy walks all that it returns, here a whole network.
  tf.tidy(() => {
    const whole = readGraph(model);
    if (task !== null) whole.keepOutput(trunkTasks(model).indexOf(task));
    for (const graph of whole.withInner()) {
      for (const [name, { source, className, config, weights, state }] of [...graph.layers]) {
        if (source instanceof ExpandedLayer) putPlainLayers(graph, name, source, norms, task);
        if (className === 'OverparamNorm')
          graph.replace(name, { ...stockNormOf(config, weights!, task), state });
        if (className === 'OverparamDropout') graph.replace(name, { ...stock('Dropout', config, []), state });
      }
      if (norms === 'fold') foldNorms(graph);
    }
    deployed = buildModel(whole).model;
  });
  return deployed!;
}

function stock(className: StockLayer, config: Config, weights: readonly Tensor[]): LayerForm {
  const make: Record<StockLayer, (config: Config) => tf.layers.Layer> = {
    Conv2D: (given) => tf.layers.conv2d(given as never),
    Conv1D: (given) => tf.layers.conv1d(given as never),
    DepthwiseConv2D: (given) => tf.layers.depthwiseConv2d(given as never),
    Dense: (given) => tf.layers.dense(given as never),
    ZeroPadding2D: (given) => tf.layers.zeroPadding2d(given as never),
    BatchNormalization: (given) => tf.layers.batchNormalization(given as never),
    Dropout: (given) => tf.layers.dropout(given as never),
  };
  return { className, config, create: make[className], weights, state: null };
}

/** tfjs's own norm in the place of ours, with the statistics of one task, or of the mean where there are several. */
function stockNormOf(config: Config, weights: readonly Tensor[], task: string | null): LayerForm {
  const rules = normRules(config as unknown as NormLayerSettings);
  const tasks = normTasks(config as unknown as NormLayerSettings);
  if (tasks.length === 0) return stockNorm({ ...config, ...rules }, weights);
  const affine = weights.slice(0, -2 * tasks.length);
  const pairs = tasks.map((_, index) => {
    const [mean, variance] = weights.slice(affine.length + 2 * index) as [Tensor1D, Tensor1D];
    return { mean, variance };
  });
  const chosen = task !== null && tasks.includes(task) ? [pairs[tasks.indexOf(task)]!] : pairs;
  const { mean, variance } = meanStatistics(chosen);
  return stockNorm({ ...config, ...rules }, [...affine, mean, variance]);
}

function stockNorm(
  { unbiased: _, tasks: __, rules: ___, ...config }: Config,
  weights: readonly Tensor[],
): LayerForm {
  return stock('BatchNormalization', { ...config, axis: -1 }, weights);
}

/** What an expanded layer is frozen by goes on to the layers that take its place. */
function stateAfter(expanded: ExpandedLayer): LayerState {
  return { trainable: expanded.trainable, weights: frozenPart(expanded) === 'all' ? [false] : [] };
}

/** Puts what an expansion collapses to in its place, with the names of the host network. */
function putPlainLayers(
  graph: Graph,
  name: string,
  expanded: ExpandedLayer,
  norms: Norms,
  task: string | null,
): void {
  const { site, host } = expanded.settings;
  const layers = expanded.expansion.collapse(expanded.parameterValues(), expanded.stateValues(), task);
  const last = layers[layers.length - 1]!;
  const keepsNorm = norms === 'keep' && host.norm !== null;
  if (site.kind === 'dense') {
    putDense(graph, name, expanded, layers, keepsNorm);
  } else {
    const bias = keepsNorm && !site.bias ? null : last.bias;
    const form = plainConvolution(site, last, bias, { ...host.layer, name });
    graph.replace(name, { ...form, state: stateAfter(expanded) });
    padConvolutions(graph, name, expanded, layers);
  }
  if (keepsNorm) {
    const added = site.bias || !last.bias ? tf.zeros([last.kernel.shape[3]]) : last.bias;
    const { gamma, beta, mean, variance } = normThatAdds(added as Tensor1D, host.norm!.epsilon as number);
    const form = stockNorm(host.norm!, [gamma, beta, mean, variance]);
    graph.insertAfter(name, host.norm!.name as string, { ...form, state: stateAfter(expanded) });
  }
}

function putDense(
  graph: Graph,
  name: string,
  expanded: ExpandedLayer,
  layers: readonly PlainLayer[],
  keepsNorm: boolean,
): void {
  const { site, host } = expanded.settings;
  const state = stateAfter(expanded);
  const last = layers[layers.length - 1]!;
  const matrixOf = ({ kernel }: PlainLayer) => kernel.reshape([kernel.shape[2], kernel.shape[3]]);
  const bias = keepsNorm && !site.bias ? null : last.bias;
  const config = { ...host.layer, useBias: bias !== null, name } as unknown as Config;
  const form = stock('Dense', config, bias ? [matrixOf(last), bias] : [matrixOf(last)]);
  graph.replace(name, { ...form, state });
  for (const [index, layer] of layers.slice(0, -1).entries()) {
    const factor = { units: layer.kernel.shape[3], useBias: layer.bias !== null } as unknown as Config;
    const weights = layer.bias ? [matrixOf(layer), layer.bias] : [matrixOf(layer)];
    graph.insertBefore(name, `${name}_factor${index + 1}`, { ...stock('Dense', factor, weights), state });
  }
}

/**
 * A convolution of the site's kind as tfjs's own layer, without padding.
 *
 * @param host  what else its config has
 */
function plainConvolution(
  site: Site,
  { kernel, strides, dilation }: PlainLayer,
  bias: Tensor1D | null,
  host: Config,
): LayerForm {
  const [kh, kw, each, cout] = kernel.shape;
  const common = { ...host, useBias: bias !== null, padding: 'valid' };
  const form = (className: StockLayer, own: object, held: Tensor) =>
    stock(className, { ...common, ...own } as unknown as Config, bias ? [held, bias] : [held]);
  if (site.kind === 'conv1d') {
    const own = { filters: cout, kernelSize: [kw], strides: [strides[1]], dilationRate: [dilation[1]] };
    return form('Conv1D', own, kernel.reshape([kw, each, cout]));
  }
  const size = { kernelSize: [kh, kw], strides: [...strides], dilationRate: [...dilation] };
  if (site.kind === 'conv2d') return form('Conv2D', { ...size, filters: cout }, kernel);
  const channels = inputChannels(site);
  const multiplier = cout / channels;
  const held = kernel.reshape([kh, kw, channels, multiplier]);
  return form('DepthwiseConv2D', { ...size, depthMultiplier: multiplier }, held);
}

/** Gives the last convolution its padding back, and puts those before it, if any, in front. */
function padConvolutions(
  graph: Graph,
  name: string,
  expanded: ExpandedLayer,
  layers: readonly PlainLayer[],
): void {
  const { site, host } = expanded.settings;
  const last = layers[layers.length - 1]!;
  if (layers.length === 1 && equalPadding(last.padding, site.padding)) {
    if (host.padding)
      graph.insertBefore(name, host.padding.name as string, stock('ZeroPadding2D', host.padding, []));
    setPadding(graph, name, host.layer.padding as string);
    return;
  }
  let sizes: readonly (readonly [number | null, number | null])[] = site.inputSizes;
  for (const [index, layer] of layers.entries()) {
    const isLast = index === layers.length - 1;
    const form = plainConvolution(site, layer, layer.bias, {});
    const own = isLast
      ? name
      : graph.insertBefore(name, `${name}_factor${index + 1}`, { ...form, state: stateAfter(expanded) });
    const geometry = { ...layer, kernelShape: layer.kernel.shape };
    placePadding(graph, own, site, layer, sizes);
    sizes = sizes.map(([h, w]) => [outputSize(geometry, 0, h), outputSize(geometry, 1, w)] as const);
  }
}

function setPadding(graph: Graph, name: string, padding: string): void {
  const layer = graph.layer(name);
  graph.replace(name, { ...layer, config: { ...layer.config, padding } });
}

/** `valid` or `same` where those mean the same numbers, else a zero padding layer in front. */
function placePadding(
  graph: Graph,
  name: string,
  site: Site,
  {
    kernel,
    strides,
    dilation,
    padding,
  }: { kernel: Tensor4D; strides: PlainLayer['strides']; dilation: PlainLayer['dilation']; padding: Padding },
  sizes: readonly (readonly [number | null, number | null])[],
): void {
  if (padding.flat().every((amount) => amount === 0)) return;
  const size: [number, number] = [kernel.shape[0], kernel.shape[1]];
  const same = sizes.every((input) => {
    const resolved = samePadding(size, strides, dilation, input);
    return resolved !== null && equalPadding(resolved, padding);
  });
  if (same) {
    setPadding(graph, name, 'same');
    return;
  }
  if (site.kind === 'conv1d') {
    throw new OverparamError(
      'unsupported-site',
      `Layer "${site.name}" collapses to a one-dimensional convolution with ${padding[1].join(' and ')} zeros around it, which TensorFlow.js has no layer for. Exclude it with select: { not: '${site.name}' }.`,
    );
  }
  const config = { padding: padding.map((pair) => [...pair]) } as unknown as Config;
  graph.insertBefore(name, `${name}_pad`, stock('ZeroPadding2D', config, []));
}

import type { NormWeights, Padding, PlainLayer } from '@overparam/plugin';
import type { LayersModel, Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { equalPadding, outputSize, samePadding } from './algebra/geometry';
import { foldNorm, normThatAdds } from './algebra/norms';
import { ExpandedLayer } from './network/expanded-layer';
import { buildModel, type Graph, type GraphLayer, readGraph } from './network/graph';
import { meanStatistics, type NormLayerSettings, normTasks } from './network/norm-layer';
import { trunkTasks } from './parameters';
import { exclusiveNorm, isNorm } from './sites';

type Config = tf.serialization.ConfigDict;
type StockLayer = 'Conv2D' | 'Dense' | 'ZeroPadding2D' | 'BatchNormalization' | 'Dropout';

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
    const graph = readGraph(model);
    for (const layer of model.layers) {
      if (layer instanceof ExpandedLayer) putPlainLayers(graph, layer, norms, task);
    }
    for (const layer of [...graph.layers.values()]) {
      if (layer.className === 'OverparamNorm')
        graph.replace({ ...stockNormOf(layer.config, layer.weights!, task), calls: layer.calls });
      if (layer.className === 'OverparamDropout')
        graph.replace({ ...stock('Dropout', layer.config, null), calls: layer.calls });
    }
    if (task !== null) graph.keepOutput(trunkTasks(model).indexOf(task));
    if (norms === 'fold') foldNorms(graph);
    deployed = buildModel(graph);
  });
  return deployed!;
}

function stock(
  className: StockLayer,
  config: Config,
  weights: readonly Tensor[] | null,
): Omit<GraphLayer, 'calls'> {
  const make: Record<StockLayer, (config: Config) => tf.layers.Layer> = {
    Conv2D: (given) => tf.layers.conv2d(given as never),
    Dense: (given) => tf.layers.dense(given as never),
    ZeroPadding2D: (given) => tf.layers.zeroPadding2d(given as never),
    BatchNormalization: (given) => tf.layers.batchNormalization(given as never),
    Dropout: (given) => tf.layers.dropout(given as never),
  };
  return { name: config.name as string, className, config, create: make[className], weights };
}

/** tfjs's own norm in the place of ours, with the statistics of one task, or of the mean where there are several. */
function stockNormOf(
  config: Config,
  weights: readonly Tensor[],
  task: string | null,
): Omit<GraphLayer, 'calls'> {
  const tasks = normTasks(config as unknown as NormLayerSettings);
  if (tasks.length === 0) return stockNorm(config, weights);
  const affine = weights.slice(0, -2 * tasks.length);
  const pairs = tasks.map((_, index) => {
    const [mean, variance] = weights.slice(affine.length + 2 * index) as [Tensor1D, Tensor1D];
    return { mean, variance };
  });
  const chosen = task !== null && tasks.includes(task) ? [pairs[tasks.indexOf(task)]!] : pairs;
  const { mean, variance } = meanStatistics(chosen);
  return stockNorm(config, [...affine, mean, variance]);
}

function stockNorm(config: Config, weights: readonly Tensor[]): Omit<GraphLayer, 'calls'> {
  const { name, epsilon, momentum, center, scale, trainable } = config as unknown as NormLayerSettings &
    Config;
  const settings = { name, axis: -1, epsilon, momentum, center, scale, trainable } as unknown as Config;
  return stock('BatchNormalization', settings, weights);
}

/** Puts what an expansion collapses to in its place, with the names of the host network. */
function putPlainLayers(graph: Graph, expanded: ExpandedLayer, norms: Norms, task: string | null): void {
  const { site, host } = expanded.settings;
  const layers = expanded.expansion.collapse(expanded.parameterValues(), expanded.stateValues(), task);
  const last = layers[layers.length - 1]!;
  const { calls } = graph.layer(site.name);
  const keepsNorm = norms === 'keep' && host.norm !== null;
  if (site.kind === 'dense') {
    putDense(graph, expanded, layers, keepsNorm);
  } else {
    const bias = keepsNorm && !site.bias ? null : last.bias;
    const config = { ...host.layer, ...convolutionConfig(last, bias), name: site.name } as unknown as Config;
    graph.replace({ ...stock('Conv2D', config, bias ? [last.kernel, bias] : [last.kernel]), calls });
    padConvolutions(graph, expanded, layers);
  }
  if (keepsNorm) {
    const added = site.bias ? (tf.zerosLike(last.bias!) as Tensor1D) : last.bias!;
    const { gamma, beta, mean, variance } = normThatAdds(added, host.norm!.epsilon as number);
    graph.insertAfter(site.name, stockNorm(host.norm!, [gamma, beta, mean, variance]));
  }
}

function putDense(
  graph: Graph,
  { settings }: ExpandedLayer,
  layers: readonly PlainLayer[],
  keepsNorm: boolean,
): void {
  const { site, host } = settings;
  const last = layers[layers.length - 1]!;
  const matrixOf = ({ kernel }: PlainLayer) => kernel.reshape([kernel.shape[2], kernel.shape[3]]);
  const bias = keepsNorm && !site.bias ? null : last.bias;
  const config = { ...host.layer, useBias: bias !== null, name: site.name } as unknown as Config;
  const { calls } = graph.layer(site.name);
  graph.replace({ ...stock('Dense', config, bias ? [matrixOf(last), bias] : [matrixOf(last)]), calls });
  for (const [index, layer] of layers.slice(0, -1).entries()) {
    const name = `${site.name}_factor${index + 1}`;
    const factor = { name, units: layer.kernel.shape[3], useBias: layer.bias !== null } as unknown as Config;
    const weights = layer.bias ? [matrixOf(layer), layer.bias] : [matrixOf(layer)];
    graph.insertBefore(site.name, stock('Dense', factor, weights));
  }
}

function convolutionConfig({ kernel, strides, dilation }: PlainLayer, bias: Tensor1D | null) {
  return {
    filters: kernel.shape[3],
    kernelSize: [kernel.shape[0], kernel.shape[1]],
    strides: [...strides],
    dilationRate: [...dilation],
    useBias: bias !== null,
    padding: 'valid',
  };
}

/** Gives the last convolution its padding back, and puts those before it, if any, in front. */
function padConvolutions(graph: Graph, { settings }: ExpandedLayer, layers: readonly PlainLayer[]): void {
  const { site, host } = settings;
  const last = layers[layers.length - 1]!;
  if (layers.length === 1 && equalPadding(last.padding, site.padding)) {
    if (host.padding) graph.insertBefore(site.name, stock('ZeroPadding2D', host.padding, null));
    setPadding(graph, site.name, host.layer.padding as string);
    return;
  }
  let sizes: readonly (readonly [number | null, number | null])[] = site.inputSizes;
  for (const [index, layer] of layers.entries()) {
    const isLast = index === layers.length - 1;
    const name = isLast ? site.name : `${site.name}_factor${index + 1}`;
    if (!isLast) {
      const config = { ...convolutionConfig(layer, layer.bias), name } as unknown as Config;
      graph.insertBefore(
        site.name,
        stock('Conv2D', config, layer.bias ? [layer.kernel, layer.bias] : [layer.kernel]),
      );
    }
    const geometry = { ...layer, kernelShape: layer.kernel.shape };
    placePadding(graph, name, layer, sizes);
    sizes = sizes.map(([h, w]) => [outputSize(geometry, 0, h), outputSize(geometry, 1, w)] as const);
  }
}

function setPadding(graph: Graph, name: string, padding: string): void {
  const layer = graph.layer(name);
  graph.replace({ ...layer, config: { ...layer.config, padding } });
}

/** `valid` or `same` where those mean the same numbers, else a zero padding layer in front. */
function placePadding(
  graph: Graph,
  name: string,
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
  const config = { name: `${name}_pad`, padding: padding.map((pair) => [...pair]) } as unknown as Config;
  graph.insertBefore(name, stock('ZeroPadding2D', config, null));
}

/** Folds every norm that follows a convolution or dense layer, expanded or not, and nothing else. */
function foldNorms(graph: Graph): void {
  for (const layer of [...graph.layers.values()]) {
    if (layer.className !== 'Conv2D' && layer.className !== 'Dense') continue;
    const norm = exclusiveNorm(graph, layer);
    if (!norm || norm === 'differs' || !isNorm(norm)) continue;
    const [kernel, bias] = layer.weights as [Tensor4D, Tensor1D | undefined];
    const folded = foldNorm(kernel, bias ?? null, normWeights(norm), norm.config.epsilon as number);
    const config = { ...layer.config, useBias: true };
    graph.replace({ ...layer, config, weights: [folded.kernel, folded.bias] });
    graph.bypass(norm.name);
  }
}

function normWeights({ config, weights }: GraphLayer): NormWeights {
  const rest = [...(weights as Tensor1D[])];
  const variance = rest.pop()!;
  const mean = rest.pop()!;
  const gamma = config.scale === false ? tf.onesLike(mean) : rest.shift()!;
  const beta = config.center === false ? tf.zerosLike(mean) : rest.shift()!;
  return { gamma, beta, mean, variance };
}

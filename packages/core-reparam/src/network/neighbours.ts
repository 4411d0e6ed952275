import type { Padding } from '@overparam/plugin';
import type { Graph, GraphLayer } from './graph';

/** The zero padding layer in front of a `valid` convolution, if it serves that one use only. */
export function absorbedPadding(graph: Graph, layer: GraphLayer): { layer: string; padding: Padding } | null {
  if (layer.config.padding !== 'valid' || layer.calls.length !== 1) return null;
  const from = layer.calls[0]!.inputs[0]!;
  const before = graph.layer(from.layer);
  const exclusive = before.calls.length === 1 && graph.consumers(from).length === 1 && !graph.isOutput(from);
  if (before.className !== 'ZeroPadding2D' || before.config.dataFormat === 'channelsFirst') return null;
  if (!exclusive || before.shared) return null;
  return { layer: before.name, padding: before.config.padding as unknown as Padding };
}

/** The norm that follows every use of a layer and nothing else, or null; `differs` where uses disagree. */
export function exclusiveNorm(graph: Graph, layer: GraphLayer): GraphLayer | null | 'differs' {
  const norms = layer.calls.map((_, call) => normBehindCall(graph, layer, call));
  if (new Set(norms).size > 1) return 'differs';
  const name = norms[0];
  if (!name) return null;
  const norm = graph.layer(name);
  return norm.calls.length === layer.calls.length && !norm.shared ? norm : null;
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
export function isNorm({ className, config, calls }: GraphLayer): boolean {
  if (className === 'OverparamNorm') return true;
  if (className !== 'BatchNormalization') return false;
  // Keras writes the axis as a list of one, and tfjs keeps it.
  const axis = Array.isArray(config.axis) && config.axis.length === 1 ? config.axis[0] : config.axis;
  if (axis === -1) return true;
  const ranks = calls.flatMap(({ inputShapes }) => inputShapes.map((shape) => shape.length));
  return ranks.length > 0 && ranks.every((rank) => axis === rank - 1);
}

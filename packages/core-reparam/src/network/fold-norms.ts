import type { NormWeights } from '@overparam/plugin';
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { foldNorm, normFactor } from '../algebra/norms';
import type { Graph, GraphLayer } from './graph';
import { exclusiveNorm, isNorm } from './neighbours';
import { constraintsOf } from './rules';

/**
 * How a layer's kernel is seen with its output channels last: its place among the layer's weights, and the shape to
 * multiply a factor for each channel onto it.
 */
interface OutputChannels {
  readonly weight: number;
  factorShape(kernel: readonly number[]): number[];
}

const last: OutputChannels = { weight: 0, factorShape: (kernel) => [kernel.at(-1)!] };
/** tfjs keeps the kernels of transposed convolutions as `[…, cout, cin]`. */
const lastButOne: OutputChannels = { weight: 0, factorShape: (kernel) => [kernel.at(-2)!, 1] };
/** `[kh, kw, cin, multiplier]`: output channel `c * multiplier + m`. */
const everyInput: OutputChannels = { weight: 0, factorShape: (kernel) => kernel.slice(-2) };
/** The pointwise kernel is the second of two. */
const second: OutputChannels = { weight: 1, factorShape: last.factorShape };

/** The linear layers that a norm can become part of. */
const linear: Readonly<Record<string, OutputChannels>> = {
  Dense: last,
  Conv1D: last,
  Conv2D: last,
  Conv3D: last,
  Conv2DTranspose: lastButOne,
  Conv3DTranspose: lastButOne,
  DepthwiseConv2D: everyInput,
  SeparableConv2D: second,
};

/**
 * Folds every norm that follows a convolution of any kind or a dense layer, expanded or not, and nothing else.
 *
 * A layer under a constraint keeps its norm: what is folded into it would no longer fulfil the constraint.
 */
export function foldNorms(graph: Graph): void {
  for (const layer of [...graph.layers.values()]) {
    const channels = linear[layer.className];
    if (!channels || layer.shared || layer.config.dataFormat === 'channelsFirst') continue;
    if (constraintsOf(layer.config).length > 0) continue;
    const norm = exclusiveNorm(graph, layer);
    if (!norm || norm === 'differs' || !isNorm(norm)) continue;
    const weights = folded(layer, normWeights(norm), norm.config.epsilon as number, channels);
    graph.replace(layer.name, { ...layer, config: { ...layer.config, useBias: true }, weights });
    graph.bypass(norm.name);
  }
}

/** All weights of a layer with a norm in them. */
function folded(
  { weights, config }: GraphLayer,
  norm: NormWeights,
  epsilon: number,
  { weight, factorShape }: OutputChannels,
): Tensor[] {
  const kernels = [...weights!];
  const bias = config.useBias === false ? null : (kernels.pop() as Tensor1D);
  const kernel = kernels[weight]! as Tensor4D;
  if (weight === 0 && factorShape === last.factorShape) {
    const whole = foldNorm(kernel, bias, norm, epsilon);
    return [whole.kernel, whole.bias];
  }
  const factor = normFactor(norm, epsilon);
  const shift = bias ? tf.sub(bias, norm.mean) : tf.neg(norm.mean);
  kernels[weight] = tf.mul(kernel, tf.reshape(factor, factorShape(kernel.shape)));
  return [...kernels, tf.add(norm.beta, tf.mul(shift, factor))];
}

function normWeights({ config, weights }: GraphLayer): NormWeights {
  const rest = [...(weights as Tensor1D[])];
  const variance = rest.pop()!;
  const mean = rest.pop()!;
  const gamma = config.scale === false ? tf.onesLike(mean) : rest.shift()!;
  const beta = config.center === false ? tf.zerosLike(mean) : rest.shift()!;
  return { gamma, beta, mean, variance };
}

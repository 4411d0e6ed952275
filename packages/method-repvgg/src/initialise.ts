import { foldKey, type Key, normalTensor } from '@overparam/engine';
import type { NormWeights, PlainWeights, Tensors } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';

/**
 * First values of a RepVGG block. The 3x3 kernel is the given layer's, the 1x1 kernel is Kaiming-normal.
 *
 * `fresh`: every norm has gamma 1, beta 0, mean 0, variance 1. `preserve`: the 3x3 branch's norm is the
 * host's (or one that does nothing in inference), all other gammas are zero.
 *
 * @returns tensors by name; the caller disposes
 */
export function initialise(
  { kernel, bias, norm }: PlainWeights,
  key: Key,
  block: {
    readonly names: readonly string[];
    readonly epsilon: number;
    readonly start: 'fresh' | 'preserve';
  },
): Tensors {
  return tf.tidy(() => {
    const [, , cin, cout] = kernel.shape;
    const values: Record<string, tf.Tensor> = {
      main_kernel: tf.clone(kernel),
      pointwise_kernel: normalTensor(foldKey(key, 'pointwise'), [1, 1, cin, cout], 0, Math.sqrt(2 / cin)),
    };
    for (const name of block.names) {
      const preserved = block.start === 'preserve';
      const weights =
        preserved && name === 'main'
          ? hostNorm(cout, bias, norm, block.epsilon)
          : firstNorm(cout, !preserved);
      for (const [part, value] of Object.entries(weights)) values[`${name}_${part}`] = value;
    }
    return values;
  });
}

function firstNorm(channels: number, active: boolean): NormWeights {
  const gamma = active ? tf.ones([channels]) : tf.zeros([channels]);
  return {
    gamma,
    beta: tf.zeros([channels]),
    mean: tf.zeros([channels]),
    variance: tf.ones([channels]),
  } as NormWeights;
}

/** The norm behind the given layer with the layer's bias drawn into it: (conv + bias) - mean = conv - (mean - bias). */
function hostNorm(
  channels: number,
  bias: PlainWeights['bias'],
  norm: NormWeights | null,
  epsilon: number,
): NormWeights {
  if (!norm) {
    const neutral = { ...firstNorm(channels, true), gamma: tf.fill([channels], Math.sqrt(1 + epsilon)) };
    return { ...neutral, beta: bias ? tf.clone(bias) : neutral.beta } as NormWeights;
  }
  const { gamma, beta, mean, variance } = norm;
  const shifted = (bias ? mean.sub(bias) : tf.clone(mean)) as NormWeights['mean'];
  return { gamma: tf.clone(gamma), beta: tf.clone(beta), mean: shifted, variance: tf.clone(variance) };
}

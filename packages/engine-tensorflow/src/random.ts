import * as tf from '@tensorflow/tfjs';

function run(kernel: string, key: tf.Tensor1D, shape: readonly number[]): tf.Tensor {
  return tf.engine().runKernel(
    kernel,
    { key } as unknown as tf.NamedTensorMap,
    {
      shape: [...shape],
    } as unknown as tf.NamedAttrMap,
  ) as tf.Tensor;
}

/**
 * Random words by Philox 4x32-10, on the backend `tensorflow`. The key is a tensor, so that a compiled step can draw anew
 * each time it runs.
 *
 * Source: J. K. Salmon and others, SC 2011, https://doi.org/10.1145/2063384.2063405
 *
 * @param key    `[2]`, int32: the two words of the key, low half first, their bits taken as they are
 * @param shape  of the result
 * @returns      int32 of any bits, words in the order of the counters 0, 1, ...; the caller disposes
 */
export function statelessBits(key: tf.Tensor1D, shape: readonly number[]): tf.Tensor {
  return run('StatelessRandomBits', key, shape);
}

/** As {@link statelessBits}: float32 in [0, 1), the upper 24 bits of each word. */
export function statelessUniform(key: tf.Tensor1D, shape: readonly number[]): tf.Tensor {
  return run('StatelessRandomUniform', key, shape);
}

import * as tf from '@tensorflow/tfjs';

/**
 * Sum of all elements, one axis after the other from the last. Partial sums stay small that way, where a
 * single long float32 sum over a batch of images loses digits.
 *
 * @returns  scalar; the caller disposes
 */
export function total(x: tf.Tensor): tf.Scalar {
  return tf.tidy(() => {
    let sum = x;
    while (sum.rank > 0) sum = tf.sum(sum, -1);
    // A scalar that came in is not ours to hand back.
    return (sum === x ? tf.clone(x) : sum) as tf.Scalar;
  });
}

/** 1 / the number of ones in a float32 mask, and 1 where there are none; scalar. */
export function reciprocalCount(mask: tf.Tensor): tf.Scalar {
  return tf.reciprocal(tf.maximum(total(mask), 1));
}

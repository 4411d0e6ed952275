import { isDifferentiatedTwice } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import { reciprocalCount, total } from './masked';

/** Squared length below which a prediction has no direction. */
const shortest = 1e-24;
/** The same where gradients are differentiated again: the fifth power of a length's inverse has to be a float32. */
const shortestTwice = 1e-14;

/**
 * Where a normal is known: 1 where any component differs from 0, `[..., 1]`.
 *
 * Published code tests the sum of the components, which also drops the few real normals whose components
 * happen to cancel.
 */
export function knownNormals(label: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.cast(tf.any(tf.notEqual(label, 0), -1, true), 'float32'));
}

/**
 * One minus the mean cosine between predicted and true normals, over the pixels where these are known.
 *
 * loss = 1 - sum_i m_i (p_i / |p_i|) . g_i / sum_i m_i
 *
 * Predictions are brought to unit length here, labels are not (published augmentation shortens some). The
 * gradient flows through the normalisation. A prediction shorter than 1e-12 has cosine 0 and gets no
 * gradient, where the formula has none. Without a known normal loss and gradient are 0. Differentiable
 * once, in the prediction.
 *
 * @param prediction  `[n, h, w, 3]`, of any length
 * @param label       `[n, h, w, 3]`, all three 0 where unknown
 * @returns           scalar; the caller disposes
 * @throws OverparamError `shape-mismatch` when the shapes differ
 */
export function maskedCosine(prediction: tf.Tensor, label: tf.Tensor): tf.Scalar {
  if (prediction.shape.join() !== label.shape.join()) {
    throw new OverparamError(
      'shape-mismatch',
      `Predicted and true normals must have one shape; got [${prediction.shape}] and [${label.shape}]. Give the head 3 outputs at the label's size.`,
    );
  }
  if (isDifferentiatedTwice()) {
    return tf.tidy(() => {
      const squared = tf.sum(tf.square(prediction), -1, true);
      const longEnough = tf.cast(tf.greater(squared, shortestTwice), 'float32');
      // 1 in place of what is too short: infinities of its derivatives would be NaN times the mask.
      const safe = tf.add(tf.mul(squared, longEnough), tf.sub(1, longEnough));
      const inverse = tf.mul(longEnough, tf.rsqrt(safe));
      const cosine = tf.mul(tf.sum(tf.mul(prediction, label), -1, true), inverse);
      const valid = knownNormals(label);
      return total(tf.mul(tf.sub(1, cosine), tf.mul(valid, reciprocalCount(valid))));
    });
  }
  const evaluate = tf.customGrad((given, save) => {
    const p = given as tf.Tensor;
    const squared = tf.sum(tf.square(p), -1, true);
    const longEnough = tf.cast(tf.greater(squared, shortest), 'float32');
    const inverse = tf.mul(longEnough, tf.rsqrt(tf.maximum(squared, shortest)));
    const cosine = tf.mul(tf.sum(tf.mul(p, label), -1, true), inverse);
    const valid = knownNormals(label);
    const scale = tf.mul(valid, reciprocalCount(valid));
    const along = tf.mul(p, tf.mul(cosine, inverse));
    (save as tf.GradSaveFunc)([tf.mul(tf.sub(along, label), tf.mul(inverse, scale))]);
    return {
      value: total(tf.mul(tf.sub(1, cosine), scale)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(saved[0]!, dy),
    };
  });
  return tf.tidy(() => evaluate(prediction) as tf.Scalar);
}

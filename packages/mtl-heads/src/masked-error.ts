import { isDifferentiatedTwice } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import { reciprocalCount, total } from './masked';

/** `absolute` is |p - g|, `squared` is (p - g)^2. */
export type ErrorKind = 'absolute' | 'squared';

/**
 * Mean error over the elements that are valid in the whole batch, not image by image.
 *
 * loss = sum_i m_i e(p_i - g_i) / max(sum_i m_i, 1)
 *
 * Without a valid element loss and gradient are 0. The gradient of the absolute error at 0 is 0, as in
 * PyTorch. Differentiable once, in the prediction.
 *
 * @param prediction  any shape
 * @param label       the same shape
 * @param valid       the same shape, 1 where the label counts, else 0
 * @returns           scalar; the caller disposes
 * @throws OverparamError `shape-mismatch` when the shapes differ
 */
export function maskedError(
  prediction: tf.Tensor,
  label: tf.Tensor,
  valid: tf.Tensor,
  kind: ErrorKind,
): tf.Scalar {
  if (prediction.shape.join() !== label.shape.join() || label.shape.join() !== valid.shape.join()) {
    throw new OverparamError(
      'shape-mismatch',
      `A masked error takes prediction, label and mask of one shape; got [${prediction.shape}], [${label.shape}] and [${valid.shape}]. Give the head the label's channels and size.`,
    );
  }
  if (isDifferentiatedTwice()) {
    return tf.tidy(() => {
      const difference = tf.sub(prediction, label);
      const error = kind === 'absolute' ? tf.abs(difference) : tf.square(difference);
      return total(tf.mul(error, tf.mul(valid, reciprocalCount(valid))));
    });
  }
  const evaluate = tf.customGrad((p, save) => {
    const difference = tf.sub(p as tf.Tensor, label);
    const scale = tf.mul(valid, reciprocalCount(valid));
    const absolute = kind === 'absolute';
    const error = absolute ? tf.abs(difference) : tf.square(difference);
    const slope = absolute ? tf.sign(difference) : tf.mul(difference, 2);
    (save as tf.GradSaveFunc)([tf.mul(slope, scale)]);
    return {
      value: total(tf.mul(error, scale)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(saved[0]!, dy),
    };
  });
  return tf.tidy(() => evaluate(prediction) as tf.Scalar);
}

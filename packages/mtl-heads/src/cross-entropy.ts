import { isDifferentiatedTwice } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import { reciprocalCount, total } from './masked';

/**
 * Mean cross-entropy of logits against class indices, over the labels that are there.
 *
 * loss = mean over valid i of -sum_c q_ic log softmax(x_i)_c,  q = (1 - s) onehot(label) + s / classes
 *
 * A negative label is a missing one: it adds nothing to the loss and gets a gradient of zero. Without a
 * valid label the loss is 0. A label of `classes` or more is a fault of the data; no value can be read
 * here, so it turns the whole loss into NaN rather than being taken for a missing one. Differentiable once,
 * in the logits.
 *
 * @param logits     `[..., classes]`, any finite size: the largest of a row is taken off first
 * @param labels     `[...]`, int32: `[n]`, or `[n, h, w]` for images
 * @param smoothing  s, the share of a label that is spread over all classes, 0 up to but not 1
 *   (Szegedy et al. 2016, https://arxiv.org/abs/1512.00567)
 * @returns          scalar; the caller disposes
 * @throws OverparamError `shape-mismatch` when the shapes are not as above
 */
export function crossEntropy(logits: tf.Tensor, labels: tf.Tensor, smoothing = 0): tf.Scalar {
  const leading = logits.shape.slice(0, -1);
  const classes = logits.shape.at(-1);
  if (classes === undefined || labels.rank === 0 || labels.shape.join() !== leading.join()) {
    throw new OverparamError(
      'shape-mismatch',
      `Cross-entropy takes logits [..., classes] and labels [...]; got [${logits.shape}] and [${labels.shape}]. Give one class index an example, or a pixel.`,
    );
  }
  // tfjs's own gradient of log-softmax and of gathering goes through ops that are slow or missing on some
  // backends; softmax minus target is the whole of it.
  if (isDifferentiatedTwice()) {
    return tf.tidy(() => {
      const { target, scale } = weightedTarget(labels, classes, smoothing);
      // -log softmax of the target, which sums to 1 in every row that counts.
      const shifted = tf.sub(logits, tf.max(logits, -1, true));
      const rows = tf.sub(
        tf.log(tf.sum(tf.exp(shifted), -1, true)),
        tf.sum(tf.mul(target, shifted), -1, true),
      );
      return total(tf.mul(rows, scale));
    });
  }
  const evaluate = tf.customGrad((x, save) => {
    const shifted = tf.sub(x as tf.Tensor, tf.max(x as tf.Tensor, -1, true));
    const exponentials = tf.exp(shifted);
    const sum = tf.sum(exponentials, -1, true);
    const { target, scale } = weightedTarget(labels, classes, smoothing);
    // -log softmax of the target, which sums to 1 in every row that counts.
    const rows = tf.sub(tf.log(sum), tf.sum(tf.mul(target, shifted), -1, true));
    const value = total(tf.mul(rows, scale));
    const gradient = tf.mul(tf.sub(tf.div(exponentials, sum), target), scale);
    (save as tf.GradSaveFunc)([gradient]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(saved[0]!, dy),
    };
  });
  return tf.tidy(() => evaluate(logits) as tf.Scalar);
}

/**
 * The target distribution `[..., classes]` and each row's weight `[..., 1]`: 1 / valid where there is a
 * label.
 */
function weightedTarget(labels: tf.Tensor, classes: number, smoothing: number) {
  const index = tf.cast(labels, 'int32');
  const valid = tf.cast(tf.greaterEqual(index, 0), 'float32');
  const outside = tf.any(tf.greaterEqual(index, classes));
  const share = tf.where(outside, tf.scalar(Number.NaN), reciprocalCount(valid));
  const hot = tf.cast(tf.oneHot(index, classes), 'float32');
  const target = smoothing === 0 ? hot : tf.add(tf.mul(hot, 1 - smoothing), smoothing / classes);
  return { target, scale: tf.expandDims(tf.mul(valid, share), -1) };
}

/** Number of labels that are there, float32 scalar; the caller disposes. */
export function countClassLabels(labels: tf.Tensor): tf.Scalar {
  return tf.tidy(() => total(tf.cast(tf.greaterEqual(labels, 0), 'float32')));
}

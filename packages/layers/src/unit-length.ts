import * as tf from '@tensorflow/tfjs';
import { one } from './layer-input';

/** Vectors no longer than this have no direction. */
const shortest = 1e-12;

/** 1 / length along the last axis, 0 where there is none. */
function inverseLength(vectors: tf.Tensor): tf.Tensor {
  const squares = tf.sum(tf.square(vectors), -1, true);
  const some = tf.greater(squares, shortest ** 2);
  const length = tf.sqrt(tf.where(some, squares, tf.onesLike(squares)));
  return tf.div(tf.cast(some, 'float32'), length);
}

/**
 * Scales vectors along the last axis to length 1. A vector of length 1e-12 or less, which has no direction to speak
 * of, becomes zero and passes no gradient on, so that no division by zero reaches the weights.
 *
 * @param x  `[..., c]`, float32
 * @returns  of the same shape; the caller disposes
 */
export function unitLength<T extends tf.Tensor>(x: T): T {
  const scale = tf.customGrad((...inputs) => {
    const [vectors, save] = inputs as unknown as [tf.Tensor, tf.GradSaveFunc];
    save([vectors]);
    return {
      value: tf.mul(vectors, inverseLength(vectors)),
      // What a vector's length would take is not passed on: dx = (dy - y (y . dy)) / length. Of the vectors themselves, so
      // that it can be differentiated again.
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const factor = inverseLength(saved[0]!);
        const unit = tf.mul(saved[0]!, factor);
        return tf.mul(tf.sub(dy, tf.mul(unit, tf.sum(tf.mul(unit, dy), -1, true))), factor);
      },
    };
  });
  return scale(x) as T;
}

/**
 * {@link unitLength} as a layer.
 *
 * Where its call's keyword arguments have `decisions`, two networks are being compared, and all vectors are divided by
 * the length of the longest: rounding decides the direction of short ones. Such a pass has no gradient.
 */
export class UnitLength extends tf.layers.Layer {
  static readonly className = 'OverparamUnitLength';

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape | tf.Shape[] {
    return inputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    const x = one(inputs);
    if (!kwargs?.decisions) return unitLength(x);
    return tf.tidy(() => {
      const longest = tf.sqrt(tf.max(tf.sum(tf.square(x), -1)));
      return tf.div(x, tf.maximum(longest, shortest));
    });
  }
}

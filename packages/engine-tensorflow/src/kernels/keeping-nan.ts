import * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from '../backend/backend';
import { attribute } from '../binding/make-attribute';

const T = attribute.type('T', 'float32');

/**
 * Maxima of windows, with NaN where a window has one. TensorFlow's op passes over what is not a number, and makes the least
 * float of windows that hold nothing else, so that a diverged network would go on as if nothing were. Averages over the
 * same windows tell where that is.
 *
 * A step computes them only if the image's sum is NaN: always, they would take some percent of a small network's time, and
 * the sum takes none that can be measured. It may be NaN without need, where infinities of both signs meet; the averages
 * then decide.
 */
export function keepingNaN(
  backend: TensorFlowBackend,
  image: tf.Tensor,
  maxima: tf.Tensor,
  averages: (image: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  const mended = (pixels: tf.Tensor, largest: tf.Tensor) => {
    const share = averages(tf.cast(tf.isNaN(pixels), 'float32'));
    return tf.where(tf.greater(share, 0), tf.fill(largest.shape, Number.NaN), largest);
  };
  // Op by op there is no way to do something only sometimes without waiting for a value.
  if (backend.binding.recorder === null) return mended(image, maxima);
  const doubtful = tf.isNaN(tf.sum(image));
  // Of what Switch gives, one is dead, and with it all that is made of it.
  const part = (tensor: tf.Tensor) => backend.executeMultipleOutputs('Switch', [T], [tensor, doubtful], 2);
  const [sound, questionable] = part(maxima);
  const [, pixels] = part(image);
  const one = [sound!, mended(pixels!, questionable!)];
  return backend.executeMultipleOutputs('Merge', [T, attribute.int('N', 2)], one, 2)[0]!;
}

import type { TaskKind } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';

const options = z.strictObject({
  missing: z.number().default(-1).describe('The label of images in which nobody has counted.'),
});

/**
 * How many there are in an image: the mean absolute error as the loss, and the share of images that are counted right.
 * Replace the loss and the metrics by yours; a loss reads no value, so that it can be compiled.
 */
export const myPart: TaskKind<z.infer<typeof options>> = {
  apiVersion: 1,
  name: 'my-part',
  summary: 'How many there are in an image.',
  options,
  make({ name, label: form }, { missing }) {
    const isKnown = (label: tf.Tensor) => tf.cast(tf.notEqual(label, missing), 'float32');
    return {
      name,
      kind: 'my-part',
      form: 'vector',
      outputs: 1,
      label: form,
      loss: (prediction, label) =>
        tf.tidy(() => {
          const known = isKnown(label);
          const errors = tf.mul(tf.abs(tf.sub(tf.reshape(prediction, label.shape), label)), known);
          // A batch without labels costs 0, not 0 / 0.
          return tf.div(tf.sum(errors), tf.maximum(tf.sum(known), 1)) as tf.Scalar;
        }),
      validLabels: (label) => tf.tidy(() => tf.sum(isKnown(label)) as tf.Scalar),
      metrics: [{ name: 'exact', direction: 'higher', unit: '%', digits: 1 }],
      accumulator() {
        let [right, all] = [0, 0];
        return {
          add(prediction, label) {
            for (const [index, truth] of label.entries()) {
              if (truth === missing) continue;
              all++;
              if (Math.round(prediction[index]!) === truth) right++;
            }
          },
          result: () => ({ exact: (100 * right) / all }),
        };
      },
    };
  },
};

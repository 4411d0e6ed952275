import { foldKey, normalTensor } from '@overparam/engine';
import { type Backbone, type Head, headOf } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';

const options = z.strictObject({
  filters: z
    .int()
    .min(1)
    .default(16)
    .describe('Channels of the first level; each of three has twice those before.'),
});

/** The head for tasks that bring none: the mean over the image and a dense layer. */
const pooled: Head = {
  name: 'pooled',
  forms: ['class', 'vector'],
  build(features, { name, outputs }) {
    const mean = tf.layers.globalAveragePooling2d({ name: `${name}_mean` }).apply(features);
    return tf.layers.dense({ name: `${name}_out`, units: outputs }).apply(mean) as tf.SymbolicTensor;
  },
};

/**
 * Three levels of a 3x3 convolution, a norm and a ReLU, each level half the size of the one before. Replace the layers by
 * yours; what is named in `representations` are the layers whose outputs all tasks share.
 */
export const myPart: Backbone<z.infer<typeof options>> = {
  apiVersion: 1,
  name: 'my-part',
  summary: 'Three plain levels.',
  options,
  build({ inputShape, tasks, key }, { filters }) {
    const heads = tasks.map((task) => headOf('my-part', task, { class: pooled, vector: pooled }));
    const image = tf.input({ name: 'image', shape: [...inputShape] });
    let features = image;
    for (let level = 0; level < 3; level++) {
      const layers = [
        tf.layers.conv2d({
          name: `conv${level}`,
          filters: filters * 2 ** level,
          kernelSize: 3,
          strides: level === 0 ? 1 : 2,
          padding: 'same',
          useBias: false,
        }),
        tf.layers.batchNormalization({ name: `norm${level}`, epsilon: 1e-5, momentum: 0.9 }),
        tf.layers.reLU({ name: `relu${level}` }),
      ];
      features = layers.reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, features);
    }
    const [height, width] = inputShape;
    const outputs = heads.map((head, index) => head.build(features, tasks[index]!, [height, width]));
    const model = tf.model({ name: 'my-part', inputs: image, outputs });
    // All first kernels follow from the key, by He's rule; norms and biases keep the values that they have.
    for (const weight of model.weights) {
      const shape = weight.shape as number[];
      if (shape.length < 2) continue;
      const inputs = shape.slice(0, -1).reduce((product, size) => product * size, 1);
      const values = normalTensor(foldKey(key, weight.originalName), shape, 0, Math.sqrt(2 / inputs));
      weight.write(values);
      values.dispose();
    }
    const owner = (layer: string) => tasks.find(({ name }) => layer.startsWith(`${name}_`))?.name ?? null;
    return { model, representations: ['relu2'], owner };
  },
};

import { foldKey, normalTensor } from '@overparam/engine';
import { type Backbone, headOf } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { summed } from './summed';

const options = z.strictObject({ filters: z.int().min(1).default(8) });

/** One 3x3 convolution with ReLU that all tasks share, and a head for each. */
export const small: Backbone<z.infer<typeof options>> = {
  apiVersion: 1,
  name: 'small',
  summary: 'One convolution and heads.',
  options,
  build({ inputShape, tasks, key }, { filters }) {
    const own = summed.make({ channels: 8 });
    const heads = tasks.map((task) => headOf('small', task, { class: own, vector: own }));
    const image = tf.input({ name: 'image', shape: [...inputShape] });
    const conv = tf.layers.conv2d({ name: 'conv', filters, kernelSize: 3, padding: 'same' });
    const features = tf.layers.reLU({ name: 'relu' }).apply(conv.apply(image)) as tf.SymbolicTensor;
    const [height, width] = inputShape;
    const outputs = heads.map((head, index) => head.build(features, tasks[index]!, [height, width]));
    const model = tf.model({ name: 'small', inputs: image, outputs });
    // All first weights follow from the key: kernels by He's rule, biases 0.
    for (const weight of model.weights) {
      const shape = weight.shape as number[];
      const inputs = shape.slice(0, -1).reduce((product, size) => product * size, 1);
      const deviation = shape.length > 1 ? Math.sqrt(2 / inputs) : 0;
      const values = normalTensor(foldKey(key, weight.originalName), shape, 0, deviation);
      weight.write(values);
      values.dispose();
    }
    const owner = (layer: string) => tasks.find(({ name }) => layer.startsWith(`${name}_`))?.name ?? null;
    return { model, representations: ['relu'], owner };
  },
};

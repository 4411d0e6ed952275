import type { HeadKind } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';

const options = z.strictObject({ channels: z.int().min(1).default(8).describe('Channels before the mean.') });

/** A 1x1 convolution with ReLU, its mean over the image, and a dense layer: one answer an image. */
export const summed: HeadKind<z.infer<typeof options>> = {
  apiVersion: 1,
  name: 'summed',
  summary: 'A 1x1 convolution, its mean over the image and a dense layer.',
  options,
  make: ({ channels }) => ({
    name: 'summed',
    forms: ['class', 'vector'],
    build(features, { name, outputs }) {
      const layers = [
        tf.layers.conv2d({ name: `${name}_conv`, filters: channels, kernelSize: 1 }),
        tf.layers.reLU({ name: `${name}_relu` }),
        tf.layers.globalAveragePooling2d({ name: `${name}_mean` }),
        tf.layers.dense({ name: `${name}_out`, units: outputs }),
      ];
      return layers.reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, features);
    },
  }),
};

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
    supports: ({ kind }) =>
      !['segmentation', 'depth', 'normals'].includes(kind) || 'it gives one answer for the whole image',
    build(features, { task, outputs }) {
      const layers = [
        tf.layers.conv2d({ name: `${task}_conv`, filters: channels, kernelSize: 1 }),
        tf.layers.reLU({ name: `${task}_relu` }),
        tf.layers.globalAveragePooling2d({ name: `${task}_mean` }),
        tf.layers.dense({ name: `${task}_out`, units: outputs }),
      ];
      return layers.reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, features);
    },
  }),
};

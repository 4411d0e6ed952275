import { apply } from '@overparam/layers';
import type { Head, HeadKind } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { unitLengthWhereAsked } from './ends';

/**
 * A {@link pooledHead} whose dense layer has a name of the backbone's own, as classifiers of networks for small images
 * do.
 *
 * @param layerOf  the name of a task's dense layer, unique in the network
 */
export function pooledHeadNamed(layerOf: (task: string) => string): Head {
  return {
    name: 'pooled',
    forms: ['class', 'vector'],
    takesMean: true,
    build(features, task) {
      const { name, outputs } = task;
      // Features of two axes are a mean that tasks share.
      const mean =
        features.rank === 2
          ? features
          : apply(tf.layers.globalAveragePooling2d({ name: `${name}_mean` }), features);
      const layer = tf.layers.dense({ name: layerOf(name), units: outputs, kernelInitializer: 'zeros' });
      return unitLengthWhereAsked(apply(layer, mean), task);
    },
  };
}

/** One answer for the whole image, `[n, outputs]`: the features' mean and a dense layer. */
export const pooledHead: Head = pooledHeadNamed((task) => `${task}_out`);

/** {@link pooledHead} for configs. */
export const pooled: HeadKind = {
  apiVersion: 1,
  name: 'pooled',
  summary: 'Mean over the image and a dense layer: one answer an image',
  options: z.strictObject({}),
  make: () => pooledHead,
};

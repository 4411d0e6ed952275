import { apply, unit } from '@overparam/layers';
import * as tf from '@tensorflow/tfjs';

/** The layers from the image to a trunk's first block; their names begin with `name`, or `stem`. */
export type Stem = (image: tf.SymbolicTensor, filters: number, name?: string) => tf.SymbolicTensor;

/** A 3x3 convolution with norm and ReLU at full resolution, no pooling: the stem of networks for small images. */
export const smallStem: Stem = (image, filters, name = 'stem') => unit(image, name, { filters, size: 3 });

/**
 * A 7x7 convolution of stride 2 with norm and ReLU, and 3x3 max-pooling of stride 2: the stem of networks for ImageNet, at
 * a quarter of the image's size.
 */
export const largeStem: Stem = (image, filters, name = 'stem') => {
  let x = unit(image, name, { filters, size: 7, stride: 2 });
  const around: [number, number] = [1, 1];
  // Zeros are as good as minus infinity here, behind a ReLU.
  x = apply(tf.layers.zeroPadding2d({ name: `${name}_pool_pad`, padding: [around, around] }), x);
  return apply(tf.layers.maxPooling2d({ name: `${name}_pool`, poolSize: 3, strides: 2 }), x);
};

/** The stems by their names in options. */
export const stems: Readonly<Record<'small' | 'large', Stem>> = { small: smallStem, large: largeStem };

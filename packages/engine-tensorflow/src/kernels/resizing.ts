import * as tf from '@tensorflow/tfjs';
import { attribute } from '../binding/make-attribute';
import type { Attributes, Kernel } from './kernel';

const options = ({ alignCorners, halfPixelCenters }: Attributes) => [
  attribute.type('T', 'float32'),
  attribute.bool('align_corners', alignCorners as boolean),
  attribute.bool('half_pixel_centers', halfPixelCenters as boolean),
];

const bilinear: Kernel = (backend, { images, dy }, attributes) =>
  backend.executeSingleOutput('ResizeBilinearGrad', options(attributes), [dy!, images!]);

const nearest: Kernel = (backend, { images, dy }, attributes) => {
  const size = tf.tensor1d(images!.shape.slice(1, 3), 'int32');
  return backend.executeSingleOutput('ResizeNearestNeighborGrad', options(attributes), [dy!, size]);
};

/** Gradients of resizing, with half pixels as well: tfjs-node's say nothing of them to TensorFlow. */
export const resizingKernels: Readonly<Record<string, Kernel>> = {
  ResizeBilinearGrad: bilinear,
  ResizeNearestNeighborGrad: nearest,
};

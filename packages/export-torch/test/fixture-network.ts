import { MaxPoolWithPlaces, MaxUnpool, ResizeAligned, ResizeHalfPixel } from '@overparam/layers';
import * as tf from '@tensorflow/tfjs';

type Symbolic = tf.SymbolicTensor;

/** Numbers that look like a trained network's, and are the same everywhere. */
function values(shape: readonly number[], start: number, low: number, high: number): tf.Tensor {
  const size = shape.reduce((product, side) => product * side, 1);
  // The golden ratio spreads multiples of itself evenly over [0, 1).
  const data = Float32Array.from(
    { length: size },
    (_, i) => low + (high - low) * (((start + i) * 0.6180339887498949) % 1),
  );
  return tf.tensor(data, [...shape]);
}

/** A network of all that differs between TensorFlow.js and PyTorch, on an image that is not square. */
export function fixtureNetwork(): tf.LayersModel {
  const input = tf.input({ shape: [10, 14, 2], name: 'image' });
  // Uneven automatic padding, a kernel that is not square, a slash in a name.
  let y = tf.layers
    .conv2d({
      name: 'stem/conv',
      filters: 2,
      kernelSize: [3, 2],
      padding: 'same',
      useBias: false,
      activation: 'relu6',
    })
    .apply(input) as Symbolic;
  y = tf.layers
    .depthwiseConv2d({ name: 'depthwise', kernelSize: [2, 3], depthMultiplier: 2, padding: 'same' })
    .apply(y) as Symbolic;
  y = tf.layers.batchNormalization({ name: 'norm', epsilon: 0.01 }).apply(y) as Symbolic;
  const [pooled, places] = new MaxPoolWithPlaces({ name: 'pool' }).apply(y) as [Symbolic, Symbolic];
  const twice = tf.layers.conv2d({
    name: 'twice',
    filters: 4,
    kernelSize: 3,
    padding: 'same',
    activation: 'elu',
  });
  const small = twice.apply(twice.apply(pooled)) as Symbolic;
  const large = new MaxUnpool({ name: 'unpool' }).apply([small, places]) as Symbolic;
  const mean = tf.layers
    .averagePooling2d({ name: 'mean', poolSize: 3, strides: 2, padding: 'same' })
    .apply(large) as Symbolic;
  const up = tf.layers
    .conv2dTranspose({ name: 'up', filters: 3, kernelSize: 3, strides: 2, padding: 'same' })
    .apply(mean) as Symbolic;
  const resized = new ResizeAligned({ name: 'resized', height: 7, width: 9 }).apply(up) as Symbolic;
  const flat = tf.layers.flatten({ name: 'flat' }).apply(mean) as Symbolic;
  const classes = tf.layers
    .dense({ name: 'classes', units: 2, activation: 'softmax' })
    .apply(flat) as Symbolic;
  // Automatic padding of a kernel that is spread along rows, on odd sides.
  const dilated = tf.layers
    .conv2d({ name: 'dilated', filters: 4, kernelSize: 3, padding: 'same', dilationRate: [2, 1] })
    .apply(mean) as Symbolic;
  // An odd side at stride 2, resized by halves: to other sides, to one pixel, and from one to several.
  const most = tf.layers
    .maxPooling2d({ name: 'most', poolSize: 3, strides: 2, padding: 'same' })
    .apply(dilated) as Symbolic;
  const halves = new ResizeHalfPixel({ name: 'halves', height: 5, width: 3 }).apply(most) as Symbolic;
  const pixel = new ResizeHalfPixel({ name: 'pixel', height: 1, width: 1 }).apply(most) as Symbolic;
  const spread = new ResizeHalfPixel({ name: 'spread', factor: [5, 3] }).apply(pixel) as Symbolic;
  const both = tf.layers.add({ name: 'both' }).apply([halves, spread]) as Symbolic;
  const model = tf.model({ name: 'fixture', inputs: input, outputs: [resized, classes, both] });
  for (const [index, weight] of model.weights.entries()) {
    const isVariance = weight.originalName.includes('variance');
    const value = values(
      weight.shape as number[],
      100 * index,
      isVariance ? 0.5 : -0.4,
      isVariance ? 1.5 : 0.5,
    );
    weight.write(value);
    value.dispose();
  }
  return model;
}

import * as tf from '@tensorflow/tfjs';
import { fixture } from './fixture';

/** The layers that the methods expand: all 3x3 convolutions. */
export const expandedLayers = ['stem', 'block1_a', 'block1_b', 'block2_a', 'block2_b'];

/** The network of `make-fixtures.py` as a LayersModel; its weights are set from the fixture later. */
export function buildNetwork(): tf.LayersModel {
  const input = tf.input({ shape: [...fixture.imageShape] });
  const stem = relu(convolution(input, 'stem', 8, 3, 1));
  const inner1 = relu(convolution(stem, 'block1_a', 8, 3, 1));
  const block1 = relu(sum(convolution(inner1, 'block1_b', 8, 3, 1), stem));
  const inner2 = relu(convolution(block1, 'block2_a', 16, 3, 2));
  const shortcut = convolution(block1, 'shortcut', 16, 1, 2);
  const block2 = relu(sum(convolution(inner2, 'block2_b', 16, 3, 1), shortcut));
  const pooled = tf.layers.globalAveragePooling2d({}).apply(block2) as tf.SymbolicTensor;
  const logits = tf.layers.dense({ units: fixture.classes, name: 'classifier' }).apply(pooled);
  return tf.model({ inputs: input, outputs: logits as tf.SymbolicTensor });
}

/** Symmetric zero padding of `size >> 1`, convolution without bias, batch norm as PyTorch has it. */
function convolution(
  x: tf.SymbolicTensor,
  name: string,
  filters: number,
  kernelSize: number,
  strides: number,
): tf.SymbolicTensor {
  const amount = kernelSize >> 1;
  const around: [number, number] = [amount, amount];
  const padded = amount > 0 ? tf.layers.zeroPadding2d({ padding: [around, around] }).apply(x) : x;
  const y = tf.layers
    .conv2d({ name, filters, kernelSize, strides, padding: 'valid', useBias: false })
    .apply(padded);
  const norm = tf.layers.batchNormalization({ name: `${name}_norm`, epsilon: 1e-5, momentum: 0.9 });
  return norm.apply(y) as tf.SymbolicTensor;
}

function relu(x: tf.SymbolicTensor): tf.SymbolicTensor {
  return tf.layers.activation({ activation: 'relu' }).apply(x) as tf.SymbolicTensor;
}

function sum(a: tf.SymbolicTensor, b: tf.SymbolicTensor): tf.SymbolicTensor {
  return tf.layers.add().apply([a, b]) as tf.SymbolicTensor;
}

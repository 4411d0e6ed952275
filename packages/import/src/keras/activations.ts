import * as tf from '@tensorflow/tfjs';
import type { LayerConfig } from './layer-config';

/** Activations that TensorFlow.js computes as Keras does, by Keras's names. */
const same: Readonly<Record<string, string>> = {
  linear: 'linear',
  relu: 'relu',
  relu6: 'relu6',
  sigmoid: 'sigmoid',
  softmax: 'softmax',
  softplus: 'softplus',
  softsign: 'softsign',
  tanh: 'tanh',
  elu: 'elu',
  selu: 'selu',
  silu: 'swish',
  swish: 'swish',
  mish: 'mish',
  gelu: 'gelu',
};

/**
 * The layers of an activation by its name; none where it is linear.
 *
 * @param name  what the layers' names begin with
 */
export function activationLayers(config: LayerConfig, name: string, activation: string): tf.layers.Layer[] {
  if (activation === 'linear') return [];
  const stock = Object.hasOwn(same, activation) ? same[activation] : undefined;
  if (stock !== undefined) return [tf.layers.activation({ name, activation: stock as 'relu' })];
  if (activation === 'hard_sigmoid') {
    const layer = tf.layers.activation({ name, activation: 'hardSigmoid' });
    // Keras 3 rises by 1/6 a unit, where TensorFlow.js and Keras 2 rise by 1/5.
    if (config.dialect !== 'keras3') return [layer];
    return [tf.layers.rescaling({ name: `${name}_slope`, scale: 5 / 6, offset: 0 }), layer];
  }
  if (activation === 'leaky_relu') return [tf.layers.leakyReLU({ name, alpha: 0.2 })];
  throw config.refuse(
    `its activation "${activation}" has no layer of TensorFlow.js that computes the same. Can be read: ${[...Object.keys(same), 'hard_sigmoid', 'leaky_relu'].join(', ')}.`,
  );
}

/** The layers of Keras's ReLU with all its options. */
export function reluLayers(config: LayerConfig, name: string): tf.layers.Layer[] {
  const most = config.optionalNumber('max_value');
  const slope = config.number('negative_slope', 0);
  config.only('threshold', 0, 'Subtract the threshold by a bias before it.');
  if (slope === 0) return [tf.layers.reLU(most === null ? { name } : { name, maxValue: most })];
  if (most === null) return [tf.layers.leakyReLU({ name, alpha: slope })];
  throw config.refuse(
    `it has both max_value and negative_slope, for which TensorFlow.js has no layer. Use one of them.`,
  );
}

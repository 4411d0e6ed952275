import { foldKey, type Key, keyFromSeed, normalTensor, uniformTensor } from '@overparam/engine';
import type { LayersModel, Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { isOverparamError, statesOf } from '../src';

/** A residual network with a strided block, zero padding layers, a dilated convolution and a dense head. */
export function residualNetwork(): LayersModel {
  const x = tf.input({ shape: [10, 10, 3], name: 'image' });
  const norm = (name: string) => tf.layers.batchNormalization({ name, epsilon: 1e-5, momentum: 0.9 });
  const conv = (name: string, filters: number, options: object = {}) =>
    tf.layers.conv2d({ name, filters, kernelSize: 3, padding: 'same', useBias: false, ...options });
  const relu = (name: string) => tf.layers.reLU({ name });
  let y = relu('stem_relu').apply(norm('stem_norm').apply(conv('stem', 4).apply(x))) as tf.SymbolicTensor;
  const inner = relu('a_relu').apply(norm('a_norm1').apply(conv('a1', 4).apply(y)));
  const outer = norm('a_norm2').apply(conv('a2', 4, { dilationRate: 2, useBias: true }).apply(inner));
  y = relu('a_out').apply(
    tf.layers.add({ name: 'a_add' }).apply([outer as tf.SymbolicTensor, y]),
  ) as tf.SymbolicTensor;
  const padded = tf.layers.zeroPadding2d({ name: 'b_pad', padding: 1 }).apply(y);
  const strided = norm('b_norm').apply(conv('b', 6, { strides: 2, padding: 'valid' }).apply(padded));
  const side = conv('side', 6, { kernelSize: 1, strides: 2, activation: 'tanh', useBias: true }).apply(y);
  y = tf.layers
    .add({ name: 'b_add' })
    .apply([strided as tf.SymbolicTensor, side as tf.SymbolicTensor]) as tf.SymbolicTensor;
  const pooled = tf.layers.globalAveragePooling2d({ name: 'pool' }).apply(y);
  const classes = tf.layers.dense({ name: 'classes', units: 5 }).apply(pooled) as tf.SymbolicTensor;
  const extra = tf.layers
    .dense({ name: 'extra', units: 2, activation: 'softmax' })
    .apply(pooled) as tf.SymbolicTensor;
  return tf.model({ inputs: x, outputs: [classes, extra], name: 'residual' });
}

/** Gives every weight a value that follows from the key, norms trained-looking. */
export function randomise(model: LayersModel, key: Key = keyFromSeed(11)): LayersModel {
  tf.tidy(() => {
    for (const layer of model.layers) {
      if (layer instanceof tf.LayersModel) {
        randomise(layer, key);
        continue;
      }
      const values = layer.getWeights().map((weight, index): Tensor => {
        const own = foldKey(key, layer.name, index);
        if (layer.getClassName() === 'BatchNormalization') return uniformTensor(own, weight.shape, 0.5, 1.5);
        const fan = weight.shape.slice(0, -1).reduce((a, b) => a * b, 1);
        return normalTensor(own, weight.shape, 0, Math.sqrt(2 / Math.max(1, fan)));
      });
      if (values.length > 0) layer.setWeights(values);
    }
  });
  return model;
}

/** Images for {@link residualNetwork}. */
export function images(count = 2, seed = 3): tf.Tensor4D {
  return normalTensor(keyFromSeed(seed), [count, 10, 10, 3], 0, 1) as tf.Tensor4D;
}

/** All values of a network by name. */
export function snapshot(model: LayersModel): Map<string, Float32Array> {
  const entries = model.weights.map(
    (weight) => [weight.originalName, weight.read().dataSync() as Float32Array] as const,
  );
  const states = statesOf(model).map(
    ({ name, variable }) => [`state ${name}`, variable.dataSync() as Float32Array] as const,
  );
  return new Map([...entries, ...states].map(([name, values]) => [name, Float32Array.from(values)]));
}

/** The project's own error that something throws. */
export function refusalOf(action: () => unknown): { readonly code: string; readonly message: string } {
  try {
    action();
  } catch (error) {
    if (isOverparamError(error)) return error;
    throw error;
  }
  return { code: 'none', message: '' };
}

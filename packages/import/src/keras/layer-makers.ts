import { ResizeHalfPixel } from '@overparam/layers';
import * as tf from '@tensorflow/tfjs';
import { setWeights } from '../architectures/weights';
import { activationLayers, reluLayers } from './activations';
import { convolutionMakers } from './convolutions';
import { channelsLast, channelsOf, type LayerMaker, numbers, plainLayers } from './made-layer';
import { ownMakers } from './own-layers';

const merging =
  (make: (options: { name: string }) => tf.layers.Layer): LayerMaker =>
  (_, name) =>
    plainLayers(make({ name }));

const dense: LayerMaker = (config, name, shapes) => {
  const units = config.count('units');
  const cin = channelsOf(config, shapes[0]);
  const useBias = config.flag('use_bias', true);
  const activation = activationLayers(config, `${name}_activation`, config.text('activation', 'linear'));
  const layer = tf.layers.dense({ name, units, useBias, kernelInitializer: 'zeros' });
  return {
    layers: [layer, ...activation],
    weights: [['kernel', [cin, units]], ...(useBias ? ([['bias', [units]]] as const) : [])],
    load: ([kernel, bias]) =>
      setWeights(layer, { kernel: numbers(kernel!), ...(bias && { bias: numbers(bias) }) }),
  };
};

const batchNorm: LayerMaker = (config, name, shapes) => {
  const shape = shapes[0]!;
  if (config.axis('axis', shape.length) !== -1) {
    throw config.refuse(
      'it normalises another axis than the last, which TensorFlow.js computes otherwise. Put the channels last.',
    );
  }
  const channels = channelsOf(config, shape);
  const scale = config.flag('scale', true);
  const center = config.flag('center', true);
  const epsilon = config.number('epsilon', 1e-3);
  const layer = tf.layers.batchNormalization({ name, epsilon, scale, center, momentum: 0.9 });
  const names = [...(scale ? ['gamma'] : []), ...(center ? ['beta'] : []), 'moving_mean', 'moving_variance'];
  return {
    layers: [layer],
    weights: names.map((weight) => [weight, [channels]] as const),
    load: (tensors) =>
      setWeights(layer, Object.fromEntries(names.map((weight, index) => [weight, numbers(tensors[index]!)]))),
  };
};

const layerNorm: LayerMaker = (config, name, shapes) => {
  const shape = shapes[0]!;
  if (config.axis('axis', shape.length) !== -1)
    throw config.refuse('it normalises another axis than the last.');
  const channels = channelsOf(config, shape);
  const scale = config.flag('scale', true);
  const center = config.flag('center', true);
  const layer = tf.layers.layerNormalization({
    name,
    epsilon: config.number('epsilon', 1e-3),
    scale,
    center,
  });
  const names = [...(scale ? ['gamma'] : []), ...(center ? ['beta'] : [])];
  return {
    layers: [layer],
    weights: names.map((weight) => [weight, [channels]] as const),
    load: (tensors) =>
      setWeights(layer, Object.fromEntries(names.map((weight, index) => [weight, numbers(tensors[index]!)]))),
  };
};

const prelu: LayerMaker = (config, name, shapes) => {
  const sharedAxes = config.list('shared_axes', 1, []);
  const shape = shapes[0]!.slice(1).map((side, axis) => (sharedAxes.includes(axis + 1) ? 1 : side));
  if (shape.some((side) => side === null)) throw config.refuse('a side of its input is open.');
  const layer = tf.layers.prelu({ name, sharedAxes });
  return {
    layers: [layer],
    weights: [['alpha', shape as number[]]],
    load: ([alpha]) => setWeights(layer, { alpha: numbers(alpha!) }),
  };
};

/** Options of pooling over windows. */
interface Windows {
  readonly name: string;
  readonly poolSize: [number, number];
  readonly strides: [number, number];
  readonly padding: 'valid' | 'same';
}

const pooling =
  (make: (options: Windows) => tf.layers.Layer): LayerMaker =>
  (config, name) => {
    channelsLast(config);
    const poolSize = config.pair('pool_size', [2, 2]);
    const strides = config.pair('strides', poolSize);
    return plainLayers(
      make({ name, poolSize, strides, padding: config.word('padding', 'valid', ['valid', 'same']) }),
    );
  };

const globalPooling =
  (make: (options: { name: string; dataFormat: 'channelsLast' }) => tf.layers.Layer): LayerMaker =>
  (config, name) => {
    channelsLast(config);
    config.only('keepdims', false, 'Put a Reshape behind it.');
    return plainLayers(make({ name, dataFormat: 'channelsLast' }));
  };

const upSampling: LayerMaker = (config, name) => {
  channelsLast(config);
  const size = config.pair('size', [2, 2]);
  const interpolation = config.word('interpolation', 'nearest', ['nearest', 'bilinear']);
  // TensorFlow.js resizes corner on corner of the first pixel; Keras area on area.
  if (interpolation === 'bilinear' && config.dialect !== 'tfjs')
    return plainLayers(new ResizeHalfPixel({ name, factor: size }));
  return plainLayers(tf.layers.upSampling2d({ name, size, interpolation }));
};

/** What is made of each kind of layer; others are refused. */
export const layerMakers: Readonly<Record<string, LayerMaker>> = {
  ...convolutionMakers,
  ...ownMakers,
  Dense: dense,
  BatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
  PReLU: prelu,
  Activation: (config, name) => {
    const layers = activationLayers(config, name, config.text('activation', 'linear'));
    return plainLayers(
      ...(layers.length > 0 ? layers : [tf.layers.activation({ name, activation: 'linear' })]),
    );
  },
  ReLU: (config, name) => plainLayers(...reluLayers(config, name)),
  LeakyReLU: (config, name) => {
    // Keras 3 renamed the slope; TensorFlow.js goes on with its default where it does not find its own name.
    const slope = config.optionalNumber('negative_slope') ?? config.number('alpha', 0.3);
    return plainLayers(tf.layers.leakyReLU({ name, alpha: slope }));
  },
  ELU: (config, name) => {
    config.only('alpha', 1, 'Use ELU with alpha 1.');
    return plainLayers(tf.layers.elu({ name }));
  },
  Softmax: (config, name, shapes) => {
    if (config.axis('axis', shapes[0]!.length) !== -1)
      throw config.refuse('it goes over another axis than the last.');
    return plainLayers(tf.layers.softmax({ name }));
  },
  MaxPooling2D: pooling(tf.layers.maxPooling2d),
  AveragePooling2D: pooling(tf.layers.averagePooling2d),
  GlobalMaxPooling2D: globalPooling(tf.layers.globalMaxPooling2d),
  GlobalAveragePooling2D: globalPooling(tf.layers.globalAveragePooling2d),
  UpSampling2D: upSampling,
  ZeroPadding2D: (config, name) => {
    // Told that channels come first, both pad the last two axes.
    const first =
      config.word('data_format', 'channels_last', ['channels_last', 'channels_first']) === 'channels_first';
    const dataFormat = first ? 'channelsFirst' : 'channelsLast';
    return plainLayers(tf.layers.zeroPadding2d({ name, padding: config.sides('padding'), dataFormat }));
  },
  Cropping2D: (config, name) => {
    channelsLast(config);
    return plainLayers(tf.layers.cropping2D({ name, cropping: config.sides('cropping') }));
  },
  Flatten: (config, name) => {
    channelsLast(config);
    return plainLayers(tf.layers.flatten({ name }));
  },
  Reshape: (config, name) =>
    plainLayers(tf.layers.reshape({ name, targetShape: config.list('target_shape', -1) })),
  Permute: (config, name) => plainLayers(tf.layers.permute({ name, dims: config.list('dims', 1) })),
  Dropout: (config, name) => plainLayers(tf.layers.dropout({ name, rate: config.number('rate', 0) })),
  Rescaling: (config, name) =>
    plainLayers(
      tf.layers.rescaling({ name, scale: config.number('scale', 1), offset: config.number('offset', 0) }),
    ),
  Add: merging(tf.layers.add),
  Multiply: merging(tf.layers.multiply),
  Average: merging(tf.layers.average),
  Maximum: merging(tf.layers.maximum),
  Minimum: merging(tf.layers.minimum),
  Concatenate: (config, name, shapes) =>
    plainLayers(tf.layers.concatenate({ name, axis: config.axis('axis', shapes[0]!.length) })),
};

import * as tf from '@tensorflow/tfjs';
import { setWeights } from '../architectures/weights';
import type { SourceTensor } from '../tensors';
import { activationLayers } from './activations';
import type { LayerConfig } from './layer-config';
import { channelsLast, channelsOf, type LayerMaker, type MadeLayer, numbers } from './made-layer';

/** The largest extent of a kernel whose taps are spread by a dilation. */
const widest = 512;

/** What all convolutions have. */
function geometryOf(config: LayerConfig) {
  channelsLast(config);
  return {
    kernelSize: config.pair('kernel_size'),
    strides: config.pair('strides', [1, 1]),
    padding: config.word('padding', 'valid', ['valid', 'same']),
    dilation: config.pair('dilation_rate', [1, 1]),
    groups: config.optionalNumber('groups') ?? 1,
    useBias: config.flag('use_bias', true),
  };
}

/** A convolution with its activation behind it. */
function made(
  config: LayerConfig,
  name: string,
  layer: tf.layers.Layer,
  weights: MadeLayer['weights'],
  loaded: (tensors: readonly SourceTensor[]) => Readonly<Record<string, ArrayLike<number>>>,
): MadeLayer {
  const activation = activationLayers(config, `${name}_activation`, config.text('activation', 'linear'));
  return { layers: [layer, ...activation], weights, load: (tensors) => setWeights(layer, loaded(tensors)) };
}

const bias = (useBias: boolean, filters: number): MadeLayer['weights'] =>
  useBias ? [['bias', [filters]]] : [];

const conv2d: LayerMaker = (config, name, shapes) => {
  const { kernelSize, strides, padding, dilation, groups, useBias } = geometryOf(config);
  const filters = config.count('filters');
  const cin = channelsOf(config, shapes[0]);
  if (!Number.isInteger(groups) || groups < 1 || cin % groups > 0 || filters % groups > 0) {
    throw config.refuse(`groups (${groups}) must divide its ${cin} channels and ${filters} filters.`);
  }
  const layer = tf.layers.conv2d({
    name,
    filters,
    kernelSize,
    strides,
    padding,
    dilationRate: dilation,
    useBias,
    kernelInitializer: 'zeros',
  });
  const shape = [...kernelSize, cin / groups, filters];
  return made(config, name, layer, [['kernel', shape], ...bias(useBias, filters)], ([kernel, own]) => ({
    kernel: groups === 1 ? numbers(kernel!) : withoutGroups(kernel!, groups),
    ...(own && { bias: numbers(own) }),
  }));
};

/** TensorFlow.js passes over groups: a kernel with zeros for the channels of the others computes the same. */
function withoutGroups({ shape, data }: SourceTensor, groups: number): Float32Array {
  const [kh, kw, perGroup, cout] = shape as [number, number, number, number];
  const result = new Float32Array(kh * kw * perGroup * groups * cout);
  const taps = kh * kw;
  for (let tap = 0; tap < taps; tap++) {
    for (let i = 0; i < perGroup; i++) {
      for (let o = 0; o < cout; o++) {
        const channel = Math.floor(o / (cout / groups)) * perGroup + i;
        result[(tap * perGroup * groups + channel) * cout + o] = (data as Float32Array)[
          (tap * perGroup + i) * cout + o
        ]!;
      }
    }
  }
  return result;
}

const depthwise: LayerMaker = (config, name, shapes) => {
  const { kernelSize, strides, padding, dilation, useBias } = geometryOf(config);
  const depthMultiplier = config.optionalNumber('depth_multiplier') ?? 1;
  if (!Number.isInteger(depthMultiplier) || depthMultiplier < 1 || depthMultiplier > 4096) {
    throw config.refuse(`depth_multiplier is ${depthMultiplier}; a whole number from 1 is read.`);
  }
  const channels = channelsOf(config, shapes[0]);
  // TensorFlow.js passes over the dilation in training; taps that are spread over a larger kernel need none.
  const extent = kernelSize.map((side, axis) => (side - 1) * dilation[axis]! + 1) as [number, number];
  if (Math.max(...extent) > widest)
    throw config.refuse(`its kernel spans ${Math.max(...extent)} pixels; at most ${widest} are read.`);
  const layer = tf.layers.depthwiseConv2d({
    name,
    kernelSize: extent,
    strides,
    padding,
    depthMultiplier,
    useBias,
    depthwiseInitializer: 'zeros',
  });
  const filters = channels * depthMultiplier;
  const shape = [...kernelSize, channels, depthMultiplier];
  return made(
    config,
    name,
    layer,
    [['depthwise_kernel', shape], ...bias(useBias, filters)],
    ([kernel, own]) => ({
      depthwise_kernel: spread(kernel!, dilation, extent),
      ...(own && { bias: numbers(own) }),
    }),
  );
};

/** A kernel with zeros between its taps. */
function spread(
  { shape, data }: SourceTensor,
  dilation: readonly [number, number],
  extent: readonly [number, number],
): Float32Array {
  const [kh, kw, channels, multiplier] = shape as [number, number, number, number];
  const inner = channels * multiplier;
  const result = new Float32Array(extent[0] * extent[1] * inner);
  for (let row = 0; row < kh; row++) {
    for (let column = 0; column < kw; column++) {
      const from = (row * kw + column) * inner;
      const to = (row * dilation[0] * extent[1] + column * dilation[1]) * inner;
      result.set(Float32Array.from((data as Float32Array).subarray(from, from + inner)), to);
    }
  }
  return result;
}

const transposed: LayerMaker = (config, name, shapes) => {
  const { kernelSize, strides, padding, dilation, useBias, groups } = geometryOf(config);
  if (dilation.some((rate) => rate > 1) || groups !== 1) {
    throw config.refuse(
      'TensorFlow.js passes over dilation and groups of transposed convolutions. Use dilation 1.',
    );
  }
  config.only('output_padding', null, 'Leave output_padding out.');
  const filters = config.count('filters');
  const cin = channelsOf(config, shapes[0]);
  const layer = tf.layers.conv2dTranspose({
    name,
    filters,
    kernelSize,
    strides,
    padding,
    useBias,
    kernelInitializer: 'zeros',
  });
  const shape = [...kernelSize, filters, cin];
  return made(config, name, layer, [['kernel', shape], ...bias(useBias, filters)], ([kernel, own]) => ({
    kernel: numbers(kernel!),
    ...(own && { bias: numbers(own) }),
  }));
};

const separable: LayerMaker = (config, name, shapes) => {
  const { kernelSize, strides, padding, dilation, useBias, groups } = geometryOf(config);
  if (dilation.some((rate) => rate > 1) || groups !== 1)
    throw config.refuse('its dilation is not read. Use dilation 1.');
  const depthMultiplier = config.count('depth_multiplier');
  const filters = config.count('filters');
  const cin = channelsOf(config, shapes[0]);
  const layer = tf.layers.separableConv2d({
    name,
    filters,
    kernelSize,
    strides,
    padding,
    depthMultiplier,
    useBias,
    depthwiseInitializer: 'zeros',
    pointwiseInitializer: 'zeros',
  });
  const weights: MadeLayer['weights'] = [
    ['depthwise_kernel', [...kernelSize, cin, depthMultiplier]],
    ['pointwise_kernel', [1, 1, cin * depthMultiplier, filters]],
    ...bias(useBias, filters),
  ];
  return made(config, name, layer, weights, ([own, pointwise, shift]) => ({
    depthwise_kernel: numbers(own!),
    pointwise_kernel: numbers(pointwise!),
    ...(shift && { bias: numbers(shift) }),
  }));
};

/** Makers of convolutions. */
export const convolutionMakers: Readonly<Record<string, LayerMaker>> = {
  Conv2D: conv2d,
  DepthwiseConv2D: depthwise,
  Conv2DTranspose: transposed,
  SeparableConv2D: separable,
};

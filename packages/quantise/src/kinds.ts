import type { FlatCall } from '@overparam/export';
import type * as tf from '@tensorflow/tfjs';
import type { Channels } from './grid';

/** What a layer's part is in an int8 network. */
export type Part =
  /** It has a kernel, which becomes int8. */
  | 'weighted'
  /** It computes with what comes in, and runtimes have an int8 form of it. */
  | 'arithmetic'
  /** It moves numbers or picks some, so that what comes out is on the grid of what comes in. */
  | 'moving'
  /** As `moving`, and runtimes leave it out or take it into the layer behind it. */
  | 'transparent'
  /** It follows a layer and becomes one with it. */
  | 'activation'
  /** It stays in float32. */
  | 'float';

const parts: Readonly<Record<string, Part>> = {
  Conv1D: 'weighted',
  Conv2D: 'weighted',
  Conv3D: 'weighted',
  DepthwiseConv2D: 'weighted',
  SeparableConv2D: 'weighted',
  Conv2DTranspose: 'weighted',
  Dense: 'weighted',
  Add: 'arithmetic',
  Multiply: 'arithmetic',
  Concatenate: 'arithmetic',
  AveragePooling1D: 'arithmetic',
  AveragePooling2D: 'arithmetic',
  GlobalAveragePooling1D: 'arithmetic',
  GlobalAveragePooling2D: 'arithmetic',
  MaxPooling1D: 'moving',
  MaxPooling2D: 'moving',
  GlobalMaxPooling1D: 'moving',
  GlobalMaxPooling2D: 'moving',
  Flatten: 'moving',
  Reshape: 'moving',
  Permute: 'moving',
  RepeatVector: 'moving',
  Cropping2D: 'moving',
  OverparamMaxPoolWithPlaces: 'moving',
  OverparamMaxUnpool: 'moving',
  ZeroPadding2D: 'transparent',
  Dropout: 'transparent',
  SpatialDropout1D: 'transparent',
  AlphaDropout: 'transparent',
  GaussianDropout: 'transparent',
  GaussianNoise: 'transparent',
  ActivityRegularization: 'transparent',
  ReLU: 'activation',
};

/** Activation functions that become one with the layer before them: they cut, which the grid does as well. */
const cutting: readonly unknown[] = ['relu', 'relu6'];

/** The part of a call's layer. */
export function partOf({ layer }: Pick<FlatCall, 'layer'>): Part {
  const kind = layer.getClassName();
  const config = layer.getConfig();
  if (kind === 'Activation') {
    if (config.activation === 'linear') return 'transparent';
    return cutting.includes(config.activation) ? 'activation' : 'float';
  }
  // Zeros around channels, which no convolution takes into its own.
  if (kind === 'ZeroPadding2D' && config.dataFormat === 'channelsFirst') return 'moving';
  if (kind === 'UpSampling2D') return config.interpolation === 'bilinear' ? 'float' : 'moving';
  return Object.hasOwn(parts, kind) ? parts[kind]! : 'float';
}

/** Weights of a layer that become int8, by the last part of their names, with the bias that their products are added to. */
export function kernelsOf(
  layer: tf.layers.Layer,
): readonly { readonly name: string; readonly bias: boolean }[] {
  switch (layer.getClassName()) {
    case 'SeparableConv2D':
      return [
        { name: 'depthwise_kernel', bias: false },
        { name: 'pointwise_kernel', bias: false },
      ];
    case 'DepthwiseConv2D':
      return [{ name: 'depthwise_kernel', bias: true }];
    default:
      return [{ name: 'kernel', bias: true }];
  }
}

/** The output channels of a layer's weight, as TensorFlow.js lays it out. */
export function channelsOf(layer: tf.layers.Layer, weight: string, shape: readonly number[]): Channels {
  const last = shape.at(-1)!;
  // [kh, kw, cin, multiplier]: a channel for each of the last two.
  if (weight === 'depthwise_kernel') return along(shape.at(-2)! * last, 1);
  // [kh, kw, cout, cin].
  if (layer.getClassName() === 'Conv2DTranspose') return along(shape.at(-2)!, last);
  return along(last, 1);
}

function along(count: number, inner: number): Channels {
  return { count, at: (place) => Math.floor(place / inner) % count };
}

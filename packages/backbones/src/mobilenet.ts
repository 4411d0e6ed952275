import { add, apply, channelsOf, convolution, depthwiseConvolution, norm, relu6 } from '@overparam/layers';
import type { Backbone } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { type MobilenetOptions, mobilenetOptions } from './options-classic';
import { assembleSmall, globalPool } from './small-images';

/** Table 2 of the paper; `small` is the stride for small images where it is another one. */
const stages = [
  { expansion: 1, filters: 16, blocks: 1, stride: 1, small: 1 },
  { expansion: 6, filters: 24, blocks: 2, stride: 2, small: 1 },
  { expansion: 6, filters: 32, blocks: 3, stride: 2, small: 2 },
  { expansion: 6, filters: 64, blocks: 4, stride: 2, small: 2 },
  { expansion: 6, filters: 96, blocks: 3, stride: 1, small: 1 },
  { expansion: 6, filters: 160, blocks: 3, stride: 2, small: 2 },
  { expansion: 6, filters: 320, blocks: 1, stride: 1, small: 1 },
] as const;

/** The next multiple of 8, but no more than a tenth less than asked for: the rule of the published code. */
function channels(wanted: number): number {
  const rounded = Math.max(8, Math.floor((wanted + 4) / 8) * 8);
  return rounded < 0.9 * wanted ? rounded + 8 : rounded;
}

/** Convolution, norm and ReLU6 in `<name>_conv`, `<name>_norm` and `<name>_relu`. */
function unit6(x: tf.SymbolicTensor, name: string, options: Parameters<typeof convolution>[2]) {
  return relu6(norm(convolution(x, `${name}_conv`, options), `${name}_norm`), `${name}_relu`);
}

/** An inverted residual: widened by a 1x1 convolution, a depthwise 3x3, narrowed by a 1x1 without an activation. */
function invertedResidual(
  x: tf.SymbolicTensor,
  name: string,
  {
    expansion,
    filters,
    stride,
  }: { readonly expansion: number; readonly filters: number; readonly stride: number },
): tf.SymbolicTensor {
  const before = channelsOf(x);
  let y = expansion === 1 ? x : unit6(x, `${name}_expand`, { filters: before * expansion, size: 1 });
  y = depthwiseConvolution(y, `${name}_depth_conv`, { size: 3, stride });
  y = relu6(norm(y, `${name}_depth_norm`), `${name}_depth_relu`);
  y = norm(convolution(y, `${name}_project_conv`, { filters, size: 1 }), `${name}_project_norm`);
  return stride === 1 && before === filters ? add(x, y, `${name}_add`) : y;
}

function mobilenetTrunk(
  image: tf.SymbolicTensor,
  { multiplier, stem }: Pick<MobilenetOptions, 'multiplier' | 'stem'>,
): tf.SymbolicTensor {
  const large = stem === 'large';
  let x = unit6(image, 'stem', { filters: channels(32 * multiplier), size: 3, stride: large ? 2 : 1 });
  stages.forEach(({ expansion, filters, blocks, stride, small }, index) => {
    for (let block = 0; block < blocks; block++) {
      x = invertedResidual(x, `stage${index + 1}_block${block + 1}`, {
        expansion,
        filters: channels(filters * multiplier),
        stride: block > 0 ? 1 : large ? stride : small,
      });
    }
  });
  return x;
}

/**
 * MobileNet v2: inverted residuals around depthwise convolutions. With ImageNet's strides and 1000 classes it has 3 504 872
 * parameters, as torchvision's; with the strides for images of 32x32 and 10 classes 2 236 682. Its last convolution widens the map
 * for a classifier; tasks whose heads ask for a map, such as dense ones, get the narrower one in front of it.
 *
 * Source: Sandler et al. 2018, https://arxiv.org/abs/1801.04381
 */
export const mobilenetV2: Backbone<MobilenetOptions> = {
  apiVersion: 1,
  name: 'mobilenet-v2',
  summary:
    'MobileNet v2 (inverted residuals, depthwise convolutions), with strides for small images or ImageNet',
  source: {
    title:
      'Sandler, Howard, Zhu, Zhmoginov, Chen: MobileNetV2: Inverted Residuals and Linear Bottlenecks (CVPR 2018)',
    url: 'https://arxiv.org/abs/1801.04381',
  },
  options: mobilenetOptions,
  build: (shape, options) =>
    assembleSmall('mobilenet-v2', shape, options.initialisation, {
      trunk: (image) => mobilenetTrunk(image, options),
      end(map) {
        const filters = channels(1280 * Math.max(1, options.multiplier));
        const mean = globalPool(unit6(map, 'last', { filters, size: 1 }));
        if (options.dropout === 0) return mean;
        return apply(tf.layers.dropout({ name: 'dropout', rate: options.dropout }), mean);
      },
      // As torchvision begins it.
      schemeOf: (layer) => (/^classifier/.test(layer) ? { deviation: 0.01 } : undefined),
    }),
};

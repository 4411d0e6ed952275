import { apply, channelsOf, convolution, ResizeAligned, unit } from '@overparam/layers';
import type { Head, HeadKind } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { atInputSize } from './ends';

/** What can be chosen of a {@link deeplabHead}. */
export interface DeeplabOptions {
  /** Channels of every layer but the last; 256 where left out. */
  readonly filters?: number;
  /** Dilations of the three 3x3 convolutions; 12, 24 and 36 where left out. */
  readonly rates?: readonly number[];
  /** Share of the pooled features that training leaves out; 0.5 where left out, 0 for none. */
  readonly dropout?: number;
}

/**
 * DeepLabv3's head: atrous spatial pyramid pooling (a 1x1 convolution, dilated 3x3 convolutions and the features'
 * mean, side by side), dropout, a 3x3 convolution and a classifier. With 2048 input channels and 13 outputs it has
 * 16 128 781 parameters.
 *
 * The mean's norm sees one pixel an image, so that training needs batches of 2 or more.
 *
 * Source: Chen et al. 2017, https://arxiv.org/abs/1706.05587
 */
export function deeplabHead(options: DeeplabOptions = {}): Head {
  const { filters = 256, rates = [12, 24, 36], dropout = 0.5 } = options;
  return {
    name: 'deeplab',
    forms: ['dense'],
    leastBatch: {
      images: 2,
      reason: 'its pooled branch gives one pixel an image, and the norm behind it needs more than one',
    },
    build(features, task, size) {
      const { name, outputs } = task;
      const branches = [
        unit(features, `${name}_aspp1`, { filters, size: 1 }),
        ...rates.map((dilation, index) =>
          unit(features, `${name}_aspp${index + 2}`, { filters, size: 3, dilation }),
        ),
        context(features, name, filters),
      ];
      const concatenate = tf.layers.concatenate({ name: `${name}_aspp_concat` });
      let y = concatenate.apply(branches) as tf.SymbolicTensor;
      y = unit(y, `${name}_project`, { filters, size: 1 });
      if (dropout > 0) y = apply(tf.layers.dropout({ name: `${name}_dropout`, rate: dropout }), y);
      y = unit(y, `${name}_head`, { filters, size: 3 });
      return atInputSize(
        convolution(y, `${name}_out`, { filters: outputs, size: 1, bias: true }),
        task,
        size,
      );
    },
  };
}

/** The features' mean over the image, spread over all pixels. */
function context(features: tf.SymbolicTensor, name: string, filters: number): tf.SymbolicTensor {
  const [, height, width] = features.shape as number[];
  const mean = apply(tf.layers.globalAveragePooling2d({ name: `${name}_mean` }), features);
  const pixel = apply(
    tf.layers.reshape({ name: `${name}_mean_pixel`, targetShape: [1, 1, channelsOf(features)] }),
    mean,
  );
  const spread = new ResizeAligned({ name: `${name}_mean_resize`, height: height!, width: width! });
  return apply(spread, unit(pixel, `${name}_mean`, { filters, size: 1 }));
}

/** {@link deeplabHead} for configs. */
export const deeplab: HeadKind<DeeplabOptions> = {
  apiVersion: 1,
  name: 'deeplab',
  summary: 'Atrous spatial pyramid pooling, dropout, a 3x3 and a 1x1 convolution',
  source: {
    title:
      'Chen, Papandreou, Schroff, Adam: Rethinking Atrous Convolution for Semantic Image Segmentation (2017)',
    url: 'https://arxiv.org/abs/1706.05587',
  },
  options: z.strictObject({
    filters: z.int().min(1).default(256).describe('Channels of every layer but the last.'),
    rates: z
      .array(z.int().min(1).max(256))
      .min(1)
      .max(8)
      .default([12, 24, 36])
      .describe('Dilations of the 3x3 convolutions, in pixels of the features.'),
    dropout: z.number().min(0).lt(1).default(0.5).describe('Share of features that training leaves out.'),
  }),
  make: deeplabHead,
};

import { deeplabHead } from '@overparam/mtl-heads';
import type { Backbone } from '@overparam/plugin';
import type * as tf from '@tensorflow/tfjs';
import { assemble, type Plan, sharedFeatures } from './assemble';
import { bottleneck } from './bottleneck';
import { type DilatedResnetOptions, dilatedResnetOptions, widthOf } from './options';
import { ownHeads } from './own-heads';
import { largeStem } from './stems';

/** Blocks of each stage, the stride of the first of them, and the dilation of the first and of the others. */
const stages = [
  { blocks: 3, stride: 1, dilations: [1, 1] },
  { blocks: 4, stride: 2, dilations: [1, 1] },
  { blocks: 6, stride: 1, dilations: [1, 2] },
  { blocks: 3, stride: 1, dilations: [2, 4] },
] as const;

/**
 * ResNet-50 at an eighth of the image's size: the last two stages keep theirs and dilate their 3x3 convolutions, the
 * first block's by half as much as the others'. 23 508 032 parameters at width 64. Layers' names begin with `prefix`.
 *
 * Source: Yu et al. 2017, https://arxiv.org/abs/1705.09914
 */
export function dilatedTrunk(image: tf.SymbolicTensor, width: number, prefix = ''): tf.SymbolicTensor {
  let x = largeStem(image, width, `${prefix}stem`);
  stages.forEach(({ blocks, stride, dilations }, stage) => {
    for (let block = 0; block < blocks; block++) {
      const first = block === 0;
      x = bottleneck(x, `${prefix}stage${stage + 1}_block${block + 1}`, width * 2 ** stage, {
        stride: first ? stride : 1,
        dilation: first ? dilations[0] : dilations[1],
      });
    }
  });
  return x;
}

/** What {@link dilatedResnet50} is made of. */
export function dilatedPlan({ width, rates, dropout }: Omit<DilatedResnetOptions, 'initialisation'>): Plan {
  const channels = widthOf(width);
  return {
    name: 'resnet50-dilated',
    multiple: 1,
    heads: { ...ownHeads, dense: deeplabHead({ filters: 4 * channels, rates, dropout }) },
    trunk: (image, heads) => sharedFeatures(dilatedTrunk(image, channels), heads),
  };
}

/**
 * Dilated ResNet-50 with a DeepLabv3 head for each task. With 13 classes, depth and normals it has 71 888 721
 * parameters. Takes images of any size; training needs batches of 2 or more.
 *
 * Source: Yu et al. 2017, https://arxiv.org/abs/1705.09914; Chen et al. 2017, https://arxiv.org/abs/1706.05587
 */
export const dilatedResnet50: Backbone<DilatedResnetOptions> = {
  apiVersion: 1,
  name: 'resnet50-dilated',
  summary: 'ResNet-50 at an eighth of the size, with DeepLabv3 heads',
  source: {
    title: 'Yu, Koltun, Funkhouser: Dilated Residual Networks (CVPR 2017)',
    url: 'https://arxiv.org/abs/1705.09914',
  },
  options: dilatedResnetOptions,
  build(shape, options) {
    // Heads as PyTorch makes them by default.
    return assemble(dilatedPlan(options), shape, { shared: options.initialisation, own: 'uniform' });
  },
};

import type { Backbone } from '@overparam/plugin';
import { basicTrunk, type Shortcut } from './basic';
import { bottleneckTrunk } from './bottleneck';
import {
  type LargeResnetOptions,
  largeResnetOptions,
  type PlainnetOptions,
  plainnetOptions,
  type ResnetOptions,
  resnetOptions,
} from './options';
import { assembleSmall } from './small-images';
import { stems } from './stems';

/**
 * He et al.'s residual networks for CIFAR: a 3x3 stem, three stages of basic blocks with 1, 2 and 4 times
 * `width` channels, global pooling. ResNet-20 with 10 classes has 269 722 parameters.
 *
 * Source: He et al. 2016, section 4.2, https://arxiv.org/abs/1512.03385
 */
export const resnet: Backbone<ResnetOptions> = {
  apiVersion: 1,
  name: 'resnet',
  summary: "He et al.'s residual networks for CIFAR, 8 to 110 layers",
  source: {
    title: 'He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition (CVPR 2016)',
    url: 'https://arxiv.org/abs/1512.03385',
  },
  options: resnetOptions,
  build(shape, { depth, width, shortcut, initialisation }) {
    const trunk = cifarTrunk(depth, width, shortcut);
    return assembleSmall(`resnet${depth}`, shape, initialisation, {
      trunk: (image) => basicTrunk(image, trunk),
    });
  },
};

/**
 * The residual networks' plain counterpart: the same layers without shortcuts.
 *
 * Source: He et al. 2016, section 4.2, https://arxiv.org/abs/1512.03385
 */
export const plainnet: Backbone<PlainnetOptions> = {
  apiVersion: 1,
  name: 'plainnet',
  summary: 'stacked 3x3 convolutions without shortcuts, 8 to 110 layers',
  source: {
    title: 'He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition (CVPR 2016)',
    url: 'https://arxiv.org/abs/1512.03385',
  },
  options: plainnetOptions,
  build(shape, { depth, width, initialisation }) {
    const trunk = cifarTrunk(depth, width, 'none');
    return assembleSmall(`plainnet${depth}`, shape, initialisation, {
      trunk: (image) => basicTrunk(image, trunk),
    });
  },
};

/**
 * ResNet-18: basic blocks of 64 to 512 channels, projection shortcuts. With the stem for small images, a 3x3 convolution
 * without pooling, 11 220 132 parameters for 100 classes; with ImageNet's stem 11 689 512 for 1000.
 *
 * Source: He et al. 2016, https://arxiv.org/abs/1512.03385
 */
export const resnet18: Backbone<LargeResnetOptions> = {
  apiVersion: 1,
  name: 'resnet18',
  summary: 'ResNet-18, with a stem for small images or for ImageNet',
  source: {
    title: 'He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition (CVPR 2016)',
    url: 'https://arxiv.org/abs/1512.03385',
  },
  options: largeResnetOptions,
  build(shape, { width, stem, initialisation }) {
    const stages = [1, 2, 4, 8].map((factor) => ({ filters: width * factor, blocks: 2 }));
    return assembleSmall('resnet18', shape, initialisation, {
      trunk: (image) => basicTrunk(image, { width, stem: stems[stem], stages, shortcut: 'B' }),
    });
  },
};

/**
 * ResNet-50: bottlenecks with the stride on the 3x3 convolution. With the stem for small images, a 3x3 convolution without
 * pooling, 23 705 252 parameters for 100 classes; with ImageNet's stem 25 557 032 for 1000.
 *
 * Source: He et al. 2016, https://arxiv.org/abs/1512.03385
 */
export const resnet50: Backbone<LargeResnetOptions> = {
  apiVersion: 1,
  name: 'resnet50',
  summary: 'ResNet-50 (bottlenecks, stride on the 3x3), with a stem for small images or for ImageNet',
  source: {
    title: 'He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition (CVPR 2016)',
    url: 'https://arxiv.org/abs/1512.03385',
  },
  options: largeResnetOptions,
  build(shape, { width, stem, initialisation }) {
    return assembleSmall('resnet50', shape, initialisation, {
      trunk: (image) => bottleneckTrunk(image, { width, stem: stems[stem], blocks: [3, 4, 6, 3] }),
    });
  },
};

function cifarTrunk(depth: number, width: number, shortcut: Shortcut) {
  const blocks = (depth - 2) / 6;
  const stages = [1, 2, 4].map((factor) => ({ filters: width * factor, blocks }));
  return { width, stages, shortcut };
}

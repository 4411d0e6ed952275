import { channelsOf, convolution } from '@overparam/layers';
import type { Head, HeadKind } from '@overparam/plugin';
import * as z from 'zod';
import { atInputSize } from './ends';

/**
 * The head of the MTAN paper's SegNet: a 3x3 convolution that keeps the channels and a 1x1 convolution, both with
 * bias, nothing between them.
 *
 * Source: Liu et al. 2019, https://arxiv.org/abs/1803.10704
 */
export const segnetHead: Head = {
  name: 'segnet',
  forms: ['dense'],
  build(features, task, size) {
    const { name, outputs } = task;
    const y = convolution(features, `${name}_conv1`, { filters: channelsOf(features), size: 3, bias: true });
    return atInputSize(
      convolution(y, `${name}_conv2`, { filters: outputs, size: 1, bias: true }),
      task,
      size,
    );
  },
};

/** {@link segnetHead} for configs. */
export const segnet: HeadKind = {
  apiVersion: 1,
  name: 'segnet',
  summary: 'A 3x3 and a 1x1 convolution',
  source: {
    title: 'Liu, Johns, Davison: End-to-End Multi-Task Learning with Attention (CVPR 2019)',
    url: 'https://arxiv.org/abs/1803.10704',
  },
  options: z.strictObject({}),
  make: () => segnetHead,
};

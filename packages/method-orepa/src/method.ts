import { withoutCentre } from '@overparam/core-reparam';
import type { Method } from '@overparam/plugin';
import { type OrepaOptions, options } from './options';
import { pointwise } from './pointwise';
import { spatial } from './spatial';

/**
 * Online convolutional re-parameterisation: branches of scales instead of norms, squeezed into one kernel at every step.
 * The norm behind the layer stays where it is, behind the sum.
 *
 * Other than in the paper, a 7x7 kernel, as in a stem for large images, has the six branches too and is no row of 3x3 blocks.
 */
export const orepa: Method<OrepaOptions> = {
  apiVersion: 1,
  name: 'orepa',
  summary: 'Six branches with trained scales, composed to one kernel at every step.',
  source: {
    title: 'Hu, Feng, Hua, Lai, Huang, Gong, Hua: Online Convolutional Re-parameterization (CVPR 2022)',
    url: 'https://arxiv.org/abs/2204.00826',
  },
  options,
  kinds: ['conv2d', 'dense', 'conv1d', 'depthwise'],
  supports(site) {
    const { kind } = site;
    if (kind === 'dense') return 'a dense layer is not supported (expected a convolution)';
    if (kind === 'depthwise')
      return 'a depthwise convolution is not supported: four of the six branches mix channels, which it keeps apart';
    return withoutCentre(site) ?? true;
  },
  expand(site, given) {
    const [kh, kw] = site.kernelShape;
    return kh === 1 && kw === 1 ? pointwise(site, given) : spatial(site, given);
  },
};

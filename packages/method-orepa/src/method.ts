import type { Method } from '@overparam/plugin';
import { type OrepaOptions, options } from './options';
import { pointwise } from './pointwise';
import { spatial } from './spatial';

/**
 * Online convolutional re-parameterisation: branches of scales instead of norms, squeezed into one kernel at every step.
 * The norm behind the layer stays where it is, behind the sum.
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
  supports({ kind, kernelShape: [kh, kw] }) {
    if (kind !== 'conv2d') return 'a dense layer is not supported (expected a convolution)';
    const odd = kh % 2 === 1 && kw % 2 === 1;
    return odd || `kernel size ${kh}x${kw} is not supported: it has no centre (expected odd sides)`;
  },
  expand(site, given) {
    const [kh, kw] = site.kernelShape;
    return kh === 1 && kw === 1 ? pointwise(site, given) : spatial(site, given);
  },
};

import type { Method } from '@overparam/plugin';
import { inKernels } from './kernels';
import { inLayers } from './layers';
import { type ExpandNetsOptions, options } from './options';

/**
 * ExpandNets: convolutional layers (CL) and fully connected ones (FC), or a cascade of kernels (CK), with more channels
 * between and nothing else. They are composed before the convolution and not run one after the other, which is the same
 * since none has a bias.
 */
export const expandnets: Method<ExpandNetsOptions> = {
  apiVersion: 1,
  name: 'expandnets',
  summary: 'Linear layers in a row, 1x1-kxk-1x1 or all 3x3, with more channels between them.',
  source: {
    title:
      'Guo, Alvarez, Salzmann: ExpandNets: Linear Over-parameterization to Train Compact Convolutional Networks (NeurIPS 2020)',
    url: 'https://arxiv.org/abs/1811.10495',
  },
  options,
  kinds: ['conv2d', 'dense', 'conv1d', 'depthwise'],
  supports({ kind, kernelShape: [kh, kw] }, { form }) {
    if (form === 'layers') return true;
    if (kind !== 'conv2d')
      return 'only two-dimensional convolutions have a cascade of kernels; use form: layers';
    const fits = kh === kw && kh % 2 === 1 && kh > 3;
    return (
      fits || `kernel size ${kh}x${kw} is no cascade of 3x3 kernels (expected 5x5, 7x7, …); use form: layers`
    );
  },
  expand: (site, given) => (given.form === 'layers' ? inLayers(site, given) : inKernels(site, given)),
};

import { type Branch, branchesWithNorms, withoutCentre } from '@overparam/core-reparam';
import type { Method, Site } from '@overparam/plugin';
import { type AcbOptions, options } from './options';

/**
 * ACNet's asymmetric convolution block: a square, a wide (1 x k) and a tall (k x 1) convolution, summed, with a norm
 * behind each. The host's norm is taken over.
 */
export const acb: Method<AcbOptions> = {
  apiVersion: 1,
  name: 'acb',
  summary: 'Parallel k x k, 1 x k and k x 1 branches with a norm each.',
  source: {
    title:
      'Ding, Guo, Ding, Han: ACNet: Strengthening the Kernel Skeletons for Powerful CNN via Asymmetric Convolution Blocks (ICCV 2019)',
    url: 'https://arxiv.org/abs/1908.03930',
  },
  options,
  kinds: ['conv2d', 'dense', 'conv1d', 'depthwise'],
  supports(site) {
    const {
      kind,
      kernelShape: [kh, kw],
    } = site;
    if (kind === 'dense') return 'a dense layer is not supported (expected a convolution of 3x3, 5x5, …)';
    if (kh === 1 || kw === 1)
      return `kernel size ${kh}x${kw} is not supported: it has no row and column through its centre beside itself (expected 3x3, 5x5, …)`;
    return withoutCentre(site) ?? true;
  },
  expand: (site, given) => branchesWithNorms(site, branchesOf(site), given),
};

function branchesOf({ kernelShape: [kh, kw, , channels] }: Site): Branch[] {
  const common = { operation: 'convolution', channels, norm: true } as const;
  return [
    { name: 'square', steps: [{ ...common, size: [kh, kw], role: 'core', continues: 'kernel' }] },
    { name: 'wide', steps: [{ ...common, size: [1, kw], role: 'branch' }] },
    { name: 'tall', steps: [{ ...common, size: [kh, 1], role: 'branch' }] },
  ];
}

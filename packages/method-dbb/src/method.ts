import { type Branch, type BranchStep, branchSpace, firstValues } from '@overparam/core-reparam';
import type { Method, Site } from '@overparam/plugin';
import { type DbbOptions, options } from './options';

/**
 * Diverse branch blocks: k x k; 1x1; 1x1 then k x k; 1x1 then a mean over k x k; a norm behind every operation. The first
 * norm of the branches of two steps decides what their borders are padded with. The host's norm is taken over.
 */
export const dbb: Method<DbbOptions> = {
  apiVersion: 1,
  name: 'dbb',
  summary: 'Four branches: kxk, 1x1, 1x1-kxk and 1x1-average, a norm behind every step.',
  source: {
    title:
      'Ding, Zhang, Han, Ding: Diverse Branch Block: Building a Convolution as an Inception-like Unit (CVPR 2021)',
    url: 'https://arxiv.org/abs/2103.13425',
  },
  options,
  supports({ kind, kernelShape: [kh, kw] }) {
    if (kind !== 'conv2d') return 'a dense layer is not supported (expected a convolution larger than 1x1)';
    if (kh === 1 && kw === 1)
      return 'kernel size 1x1 is not supported: its branches would be one and the same (expected 3x3, 5x5, 1x3, …)';
    const odd = kh % 2 === 1 && kw % 2 === 1;
    return odd || `kernel size ${kh}x${kw} is not supported: it has no centre (expected odd sides)`;
  },
  expand(site, given) {
    const branches = branchesOf(site, given);
    return branchSpace(site, {
      branches,
      initialise: (plain, key) => firstValues(site, branches, plain, { key, start: given.start }),
    });
  },
};

function branchesOf({ kernelShape: [kh, kw, cin, cout] }: Site, { internalChannels }: DbbOptions): Branch[] {
  const convolution = { operation: 'convolution', norm: true, role: 'branch' } as const;
  const pointwise = { ...convolution, size: [1, 1], channels: cout } as const;
  const spatial = { ...convolution, size: [kh, kw], channels: cout } as const;
  const inner: BranchStep = {
    ...convolution,
    name: 'first',
    size: [1, 1],
    channels: internalChannels ?? cin,
    ...(internalChannels === undefined && { aroundIdentity: true }),
  };
  return [
    { name: 'main', steps: [{ ...spatial, role: 'core', continues: 'kernel' }] },
    { name: 'pointwise', steps: [pointwise] },
    { name: 'stacked', steps: [inner, { ...spatial, name: 'second' }] },
    {
      name: 'average',
      steps: [
        { ...pointwise, name: 'first' },
        { operation: 'average', name: 'second', size: [kh, kw], norm: true },
      ],
    },
  ];
}

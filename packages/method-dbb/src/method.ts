import {
  type Branch,
  type BranchStep,
  branchesWithNorms,
  inputChannels,
  withoutCentre,
} from '@overparam/core-reparam';
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
  kinds: ['conv2d', 'dense', 'conv1d', 'depthwise'],
  supports(site, { internalChannels }) {
    const {
      kind,
      kernelShape: [kh, kw],
      groups = 1,
    } = site;
    if (kind === 'dense') return 'a dense layer is not supported (expected a convolution larger than 1x1)';
    if (kh === 1 && kw === 1)
      return 'kernel size 1x1 is not supported: its branches would be one and the same (expected 3x3, 5x5, 1x3, …)';
    if (internalChannels !== undefined && internalChannels % groups !== 0)
      return `internalChannels ${internalChannels} is not supported: its ${groups} channels, which keep to themselves, would not have equally many`;
    return withoutCentre(site) ?? true;
  },
  expand: (site, given) => branchesWithNorms(site, branchesOf(site, given), given),
};

const convolution = { operation: 'convolution', norm: true, role: 'branch' } as const;

function branchesOf(site: Site, { internalChannels }: DbbOptions): Branch[] {
  const {
    kernelShape: [kh, kw, , cout],
    groups = 1,
  } = site;
  const cin = inputChannels(site);
  const pointwise = { ...convolution, size: [1, 1], channels: cout } as const;
  const spatial = { ...convolution, size: [kh, kw], channels: cout } as const;
  const mean = { operation: 'average', size: [kh, kw], norm: true } as const;
  // A 1x1 kernel for one channel alone is a factor, which the norm behind it has already.
  const isAlone = groups > 1 && groups === cout;
  const inner: BranchStep = {
    ...convolution,
    name: 'first',
    size: [1, 1],
    channels: internalChannels ?? (isAlone ? 2 * cin : cin),
    ...(internalChannels === undefined && !isAlone && { aroundIdentity: true }),
  };
  const main: Branch = { name: 'main', steps: [{ ...spatial, role: 'core', continues: 'kernel' }] };
  const stacked: Branch = { name: 'stacked', steps: [inner, { ...spatial, name: 'second' }] };
  if (isAlone) return [main, stacked, { name: 'average', steps: [mean] }];
  return [
    main,
    { name: 'pointwise', steps: [pointwise] },
    stacked,
    {
      name: 'average',
      steps: [
        { ...pointwise, name: 'first' },
        { ...mean, name: 'second' },
      ],
    },
  ];
}

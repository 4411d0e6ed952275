import { type Branch, branchSpace, defaultNorm, inputChannels } from '@overparam/core-reparam';
import type { Method, Site } from '@overparam/plugin';
import { customDecay, customDecayCovers } from './custom-decay';
import { initialise } from './initialise';
import { options, type RepVggOptions } from './options';

/**
 * RepVGG: a 3x3 convolution, a 1x1 convolution and, where shapes allow, the identity, summed, with a norm
 * behind each. The host's norm is taken over; its activation and its shortcuts stay where they are.
 */
export const repvgg: Method<RepVggOptions> = {
  apiVersion: 1,
  name: 'repvgg',
  summary: 'Parallel 3x3, 1x1 and identity branches with a norm each.',
  source: {
    title: 'Ding, Zhang, Ma, Han, Ding, Sun: RepVGG: Making VGG-style ConvNets Great Again (CVPR 2021)',
    url: 'https://arxiv.org/abs/2101.03697',
  },
  options,
  kinds: ['conv2d', 'dense', 'conv1d', 'depthwise'],
  supports({ kind, kernelShape: [kh, kw] }) {
    if (kind === 'dense') return 'a dense layer is not supported (expected a 3x3 convolution)';
    if (kind === 'conv1d') return kw === 3 || `kernel size ${kw} is not supported (expected 3)`;
    return kh === 3 && kw === 3 ? true : `kernel size ${kh}x${kw} is not supported (expected 3x3)`;
  },
  expand(site, given) {
    const branches = branchesOf(site, given);
    const names = branches.map((branch) => branch.name);
    const epsilon = site.norm?.epsilon ?? defaultNorm.epsilon;
    return branchSpace(site, {
      branches,
      initialise: (plain, key) => initialise(plain, key, { names, epsilon, start: given.start }),
      ...(given.decay === 'custom' && {
        decay: (parameters, state) => customDecay(parameters, state, epsilon),
        decayCovers: customDecayCovers,
      }),
    });
  },
};

function branchesOf(site: Site, { identity }: RepVggOptions): Branch[] {
  const {
    kernelShape: [kh, kw, , cout],
    strides,
  } = site;
  const common = { operation: 'convolution', channels: cout, norm: true } as const;
  const main: Branch = {
    name: 'main',
    steps: [{ ...common, size: [kh, kw], role: 'core', continues: 'kernel' }],
  };
  const pointwise: Branch = { name: 'pointwise', steps: [{ ...common, size: [1, 1], role: 'branch' }] };
  const same: Branch = { name: 'identity', steps: [{ operation: 'identity', norm: true }] };
  const shapesAllow = inputChannels(site) === cout && strides[0] === 1 && strides[1] === 1;
  return identity === 'auto' && shapesAllow ? [main, pointwise, same] : [main, pointwise];
}

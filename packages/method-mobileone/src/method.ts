import { type Branch, branchesWithNorms, inputChannels, withoutCentre } from '@overparam/core-reparam';
import type { Method, Site } from '@overparam/plugin';
import { type MobileOneOptions, options } from './options';

/**
 * MobileOne's block: several convolutions of the layer's own size, a 1x1 convolution beside larger ones, and the image
 * itself where shapes allow, each with a norm behind it. The host's norm is taken over.
 */
export const mobileone: Method<MobileOneOptions> = {
  apiVersion: 1,
  name: 'mobileone',
  summary: 'Several branches of one size, a 1x1 branch and the image itself, with a norm each.',
  source: {
    title:
      'Vasu, Gabriel, Zhu, Tuzel, Ranjan: MobileOne: An Improved One millisecond Mobile Backbone (CVPR 2023)',
    url: 'https://arxiv.org/abs/2206.04040',
  },
  options,
  kinds: ['conv2d', 'dense', 'conv1d', 'depthwise'],
  supports: (site) =>
    site.kind === 'dense'
      ? 'a dense layer is not supported (expected a convolution)'
      : (withoutCentre(site) ?? true),
  expand: (site, given) => branchesWithNorms(site, branchesOf(site, given), given),
};

function branchesOf(site: Site, { branches, scale, skip }: MobileOneOptions): Branch[] {
  const {
    kernelShape: [kh, kw, , cout],
    strides,
  } = site;
  const convolution = { operation: 'convolution', channels: cout, norm: true } as const;
  const own = { ...convolution, size: [kh, kw] } as const;
  const found: Branch[] = [{ name: 'main', steps: [{ ...own, role: 'core', continues: 'kernel' }] }];
  for (let index = 1; index < branches; index++)
    found.push({ name: `main${index + 1}`, steps: [{ ...own, role: 'branch' }] });
  if (scale && (kh > 1 || kw > 1))
    found.push({ name: 'scale', steps: [{ ...convolution, size: [1, 1], role: 'branch' }] });
  const shapesAllow = inputChannels(site) === cout && strides[0] === 1 && strides[1] === 1;
  if (skip === 'auto' && shapesAllow)
    found.push({ name: 'skip', steps: [{ operation: 'identity', norm: true }] });
  return found;
}

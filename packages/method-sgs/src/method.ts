import { weightSpace, withoutCentre } from '@overparam/core-reparam';
import type { Method, Observation, Site, Tensors } from '@overparam/plugin';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { channelsOf } from './channels';
import { meanDependence } from './dependence';
import { options, type SgsOptions } from './options';

/**
 * Spatial gradient scaling: the gradient of a kernel times a mask over its window, mean 1, from how much a pixel of the
 * layer's input says about its neighbours. Nothing is added to the layer, and the deployed kernel is the trained one.
 */
export const sgs: Method<SgsOptions> = {
  apiVersion: 1,
  name: 'sgs',
  summary: "A mask on each kernel's gradient from the mutual information of neighbouring pixels.",
  source: {
    title:
      'Detkov, Salameh, Fetrat Qharabagh, Zhang, Lui, Jui, Niu: Reparameterization through Spatial Gradient Scaling (ICLR 2023)',
    url: 'https://arxiv.org/abs/2303.02733',
  },
  options,
  kinds: ['conv2d', 'dense', 'conv1d', 'depthwise'],
  supports(site, { mask }) {
    const {
      kind,
      kernelShape: [kh, kw],
    } = site;
    if (kind === 'dense') return 'a dense layer is not supported (expected a convolution larger than 1x1)';
    if (kh * kw === 1) return 'kernel size 1x1 is not supported: a mask of one number with mean 1 is 1';
    const fits = !mask || (mask.length === kh && mask[0]!.length === kw);
    if (!fits) return `its kernel of ${kh}x${kw} does not fit the mask of ${mask.length}x${mask[0]!.length}`;
    return withoutCentre(site) ?? true;
  },
  expand(site, given) {
    const [kh, kw] = site.kernelShape;
    return weightSpace(site, {
      // All that there is, so it moves in every phase of a routine.
      parameters: [{ name: 'kernel', shape: site.kernelShape, role: 'plain', continues: 'kernel' }],
      state: [{ name: 'mask', shape: [kh, kw] }],
      kernel: ({ kernel }) => kernel as Tensor4D,
      initialise: ({ kernel }) => ({
        kernel: tf.clone(kernel),
        mask: given.mask ? ofMeanOne(given.mask.flat(), [kh, kw]) : tf.ones([kh, kw]),
      }),
      decay: 'parameters',
      gradientMaps: ({ mask }) => ({ kernel: mask!.reshape([kh, kw, 1, 1]) }),
      ...(!given.mask && { observation: observationOf(site, given) }),
    });
  },
};

function observationOf(site: Site, { every, after, batches, k, zeros }: SgsOptions): Observation {
  const [kh, kw] = site.kernelShape;
  return {
    every,
    after,
    batches,
    async observe(inputs): Promise<Tensors> {
      const channels = await channelsOf(inputs, site);
      const found = meanDependence(channels, { size: [kh, kw], dilation: site.dilation, k, zeros });
      // Activations that say nothing, such as those of a dead layer, leave the mask as it was.
      return found ? { mask: ofMeanOne(found, [kh, kw]) } : {};
    },
  };
}

function ofMeanOne(factors: readonly number[], shape: [number, number]): Tensor2D {
  const mean = factors.reduce((sum, factor) => sum + factor, 0) / factors.length;
  return tf.tensor2d(
    factors.map((factor) => factor / mean),
    shape,
  );
}

import { defaultKernel, inputChannels, weightSpace } from '@overparam/core-reparam';
import { foldKey, type Key } from '@overparam/engine';
import type { Method, PlainWeights, Site, Tensors } from '@overparam/plugin';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { type DoConvOptions, options } from './options';

/**
 * DO-Conv: a depthwise kernel D, for each input channel a matrix from `depth` numbers to the pixels of a window, in front
 * of a conventional one W over these numbers. The two are composed and run as one convolution.
 *
 * D begins as the identity, which it holds apart: the parameter is what it has beyond it.
 */
export const doconv: Method<DoConvOptions> = {
  apiVersion: 1,
  name: 'doconv',
  summary: 'A depthwise kernel for each input channel in front of the kernel, composed.',
  source: {
    title:
      'Cao, Li, Sun, Lischinski, Cohen-Or, Chen, Tu: DO-Conv: Depthwise Over-Parameterized Convolutional Layer (IEEE TIP 2022)',
    url: 'https://arxiv.org/abs/2006.12030',
  },
  options,
  kinds: ['conv2d', 'dense', 'conv1d', 'depthwise'],
  supports({ kind, kernelShape: [kh, kw] }) {
    if (kind === 'dense') return 'a dense layer is not supported (expected a convolution larger than 1x1)';
    return (
      kh * kw > 1 ||
      'kernel size 1x1 is not supported: a depthwise kernel would be one factor a channel (expected 3x3, 1x3, …)'
    );
  },
  expand(site, given) {
    const { pixels, depth, channels, share } = sizesOf(site, given);
    return weightSpace(site, {
      parameters: [
        { name: 'depthwise', shape: [channels, pixels, depth], role: 'frame', block: 'D' },
        { name: 'kernel', shape: [channels, depth, share], role: 'core' },
      ],
      kernel: (parameters) => composed(site, given, parameters),
      initialise: (plain, key) => initialise(site, given, plain, key),
      decay: 'parameters',
    });
  },
};

/**
 * Sides of the two factors: of the kernel, as many channels as come in, each with `share` channels that it gives. In a
 * depthwise convolution that are those of its own, else all.
 */
function sizesOf(site: Site, { multiple }: DoConvOptions) {
  const [kh, kw, , cout] = site.kernelShape;
  const { groups = 1 } = site;
  const pixels = kh * kw;
  return { pixels, depth: multiple * pixels, channels: inputChannels(site), share: cout / groups };
}

/** K[h w, i, o] = sum_s (D + identity)[i, h w, s] W[i, s, o]; the identity is repeated where depth has several. */
function composed(site: Site, given: DoConvOptions, { depthwise, kernel }: Tensors): Tensor4D {
  const { pixels } = sizesOf(site, given);
  const identity = tf.tile(tf.eye(pixels), [1, given.multiple]);
  const windows = tf.matMul(depthwise!.add(identity) as Tensor3D, kernel as Tensor3D);
  // In a depthwise convolution channel i gives the channels from i * share on, which is their order here.
  return windows.transpose([1, 0, 2]).reshape([...site.kernelShape]) as Tensor4D;
}

function initialise(site: Site, given: DoConvOptions, { kernel }: PlainWeights, key: Key): Tensors {
  const { pixels, depth, channels, share } = sizesOf(site, given);
  return tf.tidy(() => {
    const own = kernel.reshape([pixels, channels, share]).transpose([1, 0, 2]);
    // With one identity the composed kernel begins as W, so that W can be the layer's own from the start.
    const random = given.start === 'fresh' && given.multiple > 1;
    const first = random
      ? defaultKernel(foldKey(key, 'kernel'), [1, depth, site.kernelShape[2], site.kernelShape[3]])
          .reshape([depth, channels, share])
          .transpose([1, 0, 2])
      : tf.tile(own.div(given.multiple), [1, given.multiple, 1]);
    return { depthwise: tf.zeros([channels, pixels, depth]), kernel: first };
  });
}

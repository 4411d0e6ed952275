import { composeKernels, defaultKernel, weightSpace } from '@overparam/core-reparam';
import { foldKey, type Key } from '@overparam/engine';
import type { Method, PlainWeights, Site, Tensors } from '@overparam/plugin';
import type { Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { type ExpandNetsOptions, options } from './options';

/**
 * ExpandNets, convolutional layers (CL) and fully connected ones (FC): 1x1 to more channels, k x k among them, 1x1 to
 * the layer's own, nothing between. The three are composed before the convolution and not run one after the other, which
 * is the same since none has a bias.
 */
export const expandnets: Method<ExpandNetsOptions> = {
  apiVersion: 1,
  name: 'expandnets',
  summary: 'Three linear layers, 1x1, kxk and 1x1, with more channels between them.',
  source: {
    title:
      'Guo, Alvarez, Salzmann: ExpandNets: Linear Over-parameterization to Train Compact Convolutional Networks (NeurIPS 2020)',
    url: 'https://arxiv.org/abs/1811.10495',
  },
  options,
  supports: () => true,
  expand(site, given) {
    const shapes = shapesOf(site, given);
    return weightSpace(site, {
      parameters: [
        { name: 'before', shape: shapes.before, role: 'frame', block: 'V' },
        { name: 'core', shape: shapes.core, role: 'core' },
        { name: 'after', shape: shapes.after, role: 'frame', block: 'U' },
      ],
      kernel: (parameters) => composed(parameters),
      initialise: (plain, key) => initialise(site, given, plain, key),
      decay: 'parameters',
    });
  },
};

type Shape = readonly [number, number, number, number];

function shapesOf({ kernelShape: [kh, kw, cin, cout] }: Site, { rate }: ExpandNetsOptions) {
  return {
    before: [1, 1, cin, rate * cin],
    core: [kh, kw, rate * cin, rate * cout],
    after: [1, 1, rate * cout, cout],
  } satisfies Record<string, Shape>;
}

function composed({ before, core, after }: Tensors): Tensor4D {
  const kernel = composeKernels(before as Tensor4D, core as Tensor4D);
  const [kh, kw, cin, wide] = kernel.shape;
  const mixing = after!.reshape([wide, -1]);
  return tf.matMul(kernel.reshape([-1, wide]), mixing).reshape([kh, kw, cin, -1]) as Tensor4D;
}

/**
 * `preserve`: V = [I, random], U = [I; random], and a core that is the given kernel in its first channels and zero
 * elsewhere. The product is the kernel itself, and the further channels learn from the first step on.
 */
function initialise(site: Site, given: ExpandNetsOptions, { kernel }: PlainWeights, key: Key): Tensors {
  const { before, core, after } = shapesOf(site, given);
  const draw = (name: string, shape: Shape) => defaultKernel(foldKey(key, name), shape);
  if (given.start === 'fresh')
    return { before: draw('before', before), core: draw('core', core), after: draw('after', after) };
  return tf.tidy(() => {
    const [, , cin, cout] = site.kernelShape;
    const more = given.rate - 1;
    const square = (channels: number) => tf.eye(channels).reshape([1, 1, channels, channels]);
    return {
      before: tf.concat([square(cin), draw('before', [1, 1, cin, more * cin])], 3),
      core: tf.pad(kernel, [
        [0, 0],
        [0, 0],
        [0, more * cin],
        [0, more * cout],
      ]),
      after: tf.concat([square(cout), draw('after', [1, 1, more * cout, cout])], 2),
    };
  });
}

import { composeKernels, defaultKernel, weightSpace } from '@overparam/core-reparam';
import { foldKey, type Key } from '@overparam/engine';
import type { Expansion, PlainWeights, Site, Tensors } from '@overparam/plugin';
import type { Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import type { ExpandNetsOptions } from './options';

/** The paper's CL, and FC in dense layers: 1x1 to more channels, k x k among them, 1x1 to the layer's own. */
export function inLayers(site: Site, given: ExpandNetsOptions): Expansion {
  const shapes = shapesOf(site, given);
  return weightSpace(site, {
    parameters: [
      { name: 'before', shape: shapes.before, role: 'frame', block: 'V' },
      { name: 'core', shape: shapes.core, role: 'core' },
      { name: 'after', shape: shapes.after, role: 'frame', block: 'U' },
    ],
    kernel: (parameters) => composed(site, parameters),
    initialise: (plain, key) => initialise(site, given, plain, key),
    decay: 'parameters',
  });
}

type Shape = readonly [number, number, number, number];

/** In groups, such as those of a depthwise convolution, each of the three keeps to them. */
function shapesOf({ kernelShape: [kh, kw, each, cout], groups = 1 }: Site, { rate }: ExpandNetsOptions) {
  return {
    before: [1, 1, each, rate * each * groups],
    core: [kh, kw, rate * each, rate * cout],
    after: [1, 1, (rate * cout) / groups, cout],
  } satisfies Record<string, Shape>;
}

function composed({ kernelShape, groups = 1 }: Site, { before, core, after }: Tensors): Tensor4D {
  const [kh, kw, each, wide] = core!.shape as Shape;
  const cout = kernelShape[3];
  if (groups === 1) {
    // From behind: as it lies, the core is rows for this product, and what has to be transposed is smaller by the rate.
    const mixed = tf.matMul(core!.reshape([-1, wide]), after!.reshape([wide, cout]));
    return composeKernels(before as Tensor4D, mixed.reshape([kh, kw, each, cout]) as Tensor4D);
  }
  const kernel = composeKernels(before as Tensor4D, core as Tensor4D, groups);
  const taps = kernel.reshape([-1, groups, wide / groups]).transpose([1, 0, 2]);
  const mixing = after!.reshape([wide / groups, groups, cout / groups]).transpose([1, 0, 2]);
  return tf
    .matMul(taps, mixing)
    .transpose([1, 0, 2])
    .reshape([...kernelShape]) as Tensor4D;
}

/**
 * `preserve`: V = [I, random], U = [I; random], and a core that is the given kernel in its first channels and zero
 * elsewhere. The product is the kernel itself, and the further channels learn from the first step on. In groups, each by
 * itself.
 */
function initialise(site: Site, given: ExpandNetsOptions, { kernel }: PlainWeights, key: Key): Tensors {
  const { before, core, after } = shapesOf(site, given);
  const draw = (name: string, shape: Shape) => defaultKernel(foldKey(key, name), shape);
  if (given.start === 'fresh')
    return { before: draw('before', before), core: draw('core', core), after: draw('after', after) };
  return tf.tidy(() => {
    const {
      kernelShape: [kh, kw, each, cout],
      groups = 1,
    } = site;
    const share = cout / groups;
    const more = given.rate - 1;
    const square = (channels: number) =>
      tf.tile(tf.eye(channels).reshape([channels, 1, channels]), [1, groups, 1]);
    const furtherBefore = draw('before', [1, 1, each, more * each * groups]);
    const furtherAfter = draw('after', [1, 1, more * share, cout]);
    return {
      before: tf.concat([square(each), furtherBefore.reshape([each, groups, -1])], 2).reshape([...before]),
      core: tf
        .pad(kernel.reshape([kh * kw, each, groups, share]), [
          [0, 0],
          [0, more * each],
          [0, 0],
          [0, more * share],
        ])
        .reshape([...core]),
      after: tf.concat([square(share), furtherAfter.reshape([-1, groups, share])], 0).reshape([...after]),
    };
  });
}

import { foldKey, type Key, uniformTensor } from '@overparam/engine';
import type { NormWeights, PlainWeights, Site, Start, Tensors } from '@overparam/plugin';
import type { Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { inputChannels } from '../algebra/geometry';
import { normThatAdds } from '../algebra/norms';
import { type Branch, type BranchStep, defaultNorm } from './branch-space';

/**
 * First values of branches that each end in a norm, by the names that `branchSpace` expects.
 *
 * `fresh`: the step that continues the kernel begins with the given one, others as {@link defaultKernel}; those around
 * the identity begin with zeros. Norms have beta 0, mean 0, variance 1, and gamma 1, which is `gamma` behind a branch's
 * last step. `preserve`: the norm behind the given kernel takes the site's over, bias included, and the gamma at the end of
 * every other branch is zero, so that inference begins as the given layer.
 *
 * @returns tensors by name; the caller disposes
 */
export function firstValues(
  site: Site,
  branches: readonly Branch[],
  plain: PlainWeights,
  { key, start, gamma = 1 }: { readonly key: Key; readonly start: Start; readonly gamma?: number },
): Tensors {
  const epsilon = site.norm?.epsilon ?? defaultNorm.epsilon;
  return tf.tidy(() => {
    const values: Record<string, tf.Tensor> = {};
    for (const { name, steps } of branches) {
      let channels = inputChannels(site);
      for (const [index, step] of steps.entries()) {
        const prefix = step.name ? `${name}_${step.name}_` : `${name}_`;
        if (step.operation === 'convolution') {
          values[`${prefix}kernel`] = firstKernel(
            step,
            channels / (site.groups ?? 1),
            plain,
            foldKey(key, prefix),
          );
          channels = step.channels;
        }
        if (!step.norm) continue;
        const last = index === steps.length - 1;
        const carries = step.operation === 'convolution' && step.continues === 'kernel';
        const norm =
          start === 'preserve' && carries
            ? takenOver(plain, epsilon)
            : newNorm(channels, !last ? 1 : start === 'preserve' ? 0 : gamma);
        for (const [part, value] of Object.entries(norm)) values[prefix + part] = value;
      }
    }
    return values;
  });
}

/**
 * A kernel as PyTorch's convolutions begin: uniform up to 1 / sqrt(kh kw cin) on either side of zero.
 *
 * @returns `[kh, kw, cin, cout]`; the caller disposes
 */
export function defaultKernel(key: Key, shape: readonly [number, number, number, number]): Tensor4D {
  const bound = 1 / Math.sqrt(shape[0] * shape[1] * shape[2]);
  return uniformTensor(key, [...shape], -bound, bound) as Tensor4D;
}

function firstKernel(
  step: BranchStep & { readonly operation: 'convolution' },
  channels: number,
  { kernel }: PlainWeights,
  key: Key,
): Tensor4D {
  if (step.continues === 'kernel') return tf.clone(kernel);
  const [h, w] = step.size;
  if (step.aroundIdentity) return tf.zeros([h, w, channels, step.channels]);
  return defaultKernel(key, [h, w, channels, step.channels]);
}

function newNorm(channels: number, gamma: number): NormWeights {
  const fill = (value: number) => tf.fill([channels], value) as tf.Tensor1D;
  return { gamma: fill(gamma), beta: fill(0), mean: fill(0), variance: fill(1) };
}

/** The norm behind the given layer with the layer's bias in it: (conv + bias) - mean = conv - (mean - bias). */
function takenOver({ kernel, bias, norm }: PlainWeights, epsilon: number): NormWeights {
  if (!norm) return normThatAdds(bias ?? tf.zeros([kernel.shape[3]]), epsilon);
  const { gamma, beta, mean, variance } = norm;
  return {
    gamma: tf.clone(gamma),
    beta: tf.clone(beta),
    mean: bias ? mean.sub(bias) : tf.clone(mean),
    variance: tf.clone(variance),
  };
}

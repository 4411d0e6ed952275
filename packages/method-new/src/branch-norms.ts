import { momentsOf, statisticsOf } from '@overparam/core-reparam';
import type { Site, StateSpec, Tensors } from '@overparam/plugin';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import type { Structure } from './structure';

/** PyTorch's, as of all norms here. */
const epsilon = 1e-5;

/** The branches that have a norm. */
function normed({ norms, pointwise, identity }: Structure): string[] {
  return norms ? [...(pointwise ? ['pointwise'] : []), ...(identity ? ['identity'] : [])] : [];
}

const varianceOf = (branch: string) => `${branch}_variance`;

/** The running variances of what the branches give. */
export function normStates({ kernelShape }: Site, structure: Structure): StateSpec[] {
  const shape = [kernelShape[3]];
  return normed(structure).map((branch) => ({ name: varianceOf(branch), shape, statistic: 'variance' }));
}

/** First values, under which branches are as they are without norms but for epsilon; the caller disposes. */
export function normValues({ kernelShape }: Site, structure: Structure): Tensors {
  return Object.fromEntries(
    normed(structure).map((branch) => [varianceOf(branch), tf.ones([kernelShape[3]])]),
  );
}

/**
 * The variances of what the branches give, over all pixels of a batch `[n, h, w, cin]`; called inside a tidy.
 *
 * They follow from the moments of x before any branch is computed, so that the layer stays one convolution. A mean is not
 * taken away: the norm behind the layer, where there is one, does.
 */
export function branchVariances(x: Tensor4D, structure: Structure, { pointwise }: Tensors): Tensors {
  const moments = momentsOf(x);
  const kernels: Tensors = { pointwise: pointwise! };
  return Object.fromEntries(
    normed(structure).map((branch) => {
      const kernel = (kernels[branch] ?? null) as Tensor4D | null;
      return [varianceOf(branch), statisticsOf(moments, kernel).variance];
    }),
  );
}

/** A branch's kernel as its norm leaves it; called inside a tidy. */
export function normalisedBranch(
  kernel: Tensor,
  branch: string,
  { norms }: Structure,
  state: Tensors,
): Tensor {
  return norms ? kernel.mul(tf.rsqrt(state[varianceOf(branch)]!.add(epsilon))) : kernel;
}

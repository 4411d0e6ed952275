import { type Branch, branchSpace, defaultNorm, normThatAdds } from '@overparam/core-reparam';
import { foldKey, type Key, normalTensor } from '@overparam/engine';
import type { Method, NormWeights } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';

const options = z.strictObject({ start: z.enum(['fresh', 'preserve']).default('fresh') });

/** A branch of one convolution with a norm behind it; only the square one goes on with the given kernel. */
function branch(name: string, size: readonly [number, number], channels: number): Branch {
  const continued =
    name === 'square' ? ({ role: 'core', continues: 'kernel' } as const) : ({ role: 'branch' } as const);
  return { name, steps: [{ operation: 'convolution', size, channels, norm: true, ...continued }] };
}

/** First values of one branch, by the names that `branchSpace` expects. */
function values(name: string, kernel: tf.Tensor, norm: NormWeights) {
  const entries = Object.entries({ kernel, ...norm });
  return Object.fromEntries(entries.map(([part, value]) => [`${name}_${part}`, value]));
}

/** A norm that has seen nothing yet. */
function newNorm(channels: number, gamma: number): NormWeights {
  const fill = (value: number) => tf.fill([channels], value) as tf.Tensor1D;
  return { gamma: fill(gamma), beta: fill(0), mean: fill(0), variance: fill(1) };
}

/**
 * Asymmetric convolutions: a k x k, a 1 x k and a k x 1 branch, each with its norm, are summed.
 *
 * Ding, Guo, Ding and Han, "ACNet: Strengthening the Kernel Skeletons for Powerful CNN via Asymmetric Convolution
 * Blocks", ICCV 2019, https://arxiv.org/abs/1908.03930. `preserve` is ours: the new branches begin with gamma 0, and
 * the square one takes over the given norm.
 */
export const asymmetric: Method<z.infer<typeof options>> = {
  apiVersion: 1,
  name: 'asymmetric',
  summary: 'Square, wide and tall branches with norms of their own (ACNet).',
  source: { title: 'ACNet', url: 'https://arxiv.org/abs/1908.03930' },
  options,
  supports({ kernelShape: [kh, kw] }) {
    return (
      (kh === kw && kh % 2 === 1 && kh > 1) ||
      `kernel size ${kh}x${kw} is not supported (expected 3x3, 5x5, ...)`
    );
  },
  expand(site, { start }) {
    const [k, , cin, cout] = site.kernelShape;
    const sizes = { square: [k, k], wide: [1, k], tall: [k, 1] } as const;
    const random = (key: Key, name: 'wide' | 'tall') =>
      normalTensor(foldKey(key, name), [...sizes[name], cin, cout], 0, Math.sqrt(2 / (k * cin)));
    return branchSpace(site, {
      branches: Object.entries(sizes).map(([name, size]) => branch(name, size, cout)),
      initialise: ({ kernel, bias, norm }, key) =>
        tf.tidy(() => {
          const preserve = start === 'preserve';
          const added = preserve ? newNorm(cout, 0) : newNorm(cout, 1);
          return {
            ...values('square', kernel.clone(), preserve ? takenOver(norm, bias, cout) : newNorm(cout, 1)),
            ...values('wide', random(key, 'wide'), added),
            ...values('tall', random(key, 'tall'), copy(added)),
          };
        }),
    });
  },
};

/** The given norm, with the layer's bias in it; one that only adds the bias where the layer had no norm. */
function takenOver(norm: NormWeights | null, bias: tf.Tensor1D | null, channels: number): NormWeights {
  if (norm) return { ...copy(norm), mean: norm.mean.sub(bias ?? 0) };
  return normThatAdds(bias ?? tf.zeros([channels]), defaultNorm.epsilon);
}

function copy({ gamma, beta, mean, variance }: NormWeights): NormWeights {
  return { gamma: gamma.clone(), beta: beta.clone(), mean: mean.clone(), variance: variance.clone() };
}

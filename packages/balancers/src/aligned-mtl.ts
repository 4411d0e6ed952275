import * as z from 'zod';
import { defineBalancer, headsOf, headsOption } from './define';
import { preferenceOption } from './preference';
import { symmetricEigen } from './solvers/eigen';
import { dot, sumOf } from './solvers/matrix';

const options = z.strictObject({
  scale: z
    .enum(['min', 'median', 'rmse'])
    .default('min')
    .describe('The common size that principal components are given: the smallest, median or mean square.'),
  preference: preferenceOption,
  heads: headsOption('unweighted'),
});

/** float32's: eigenvalues below this share are rounding, since Gramians come from float32 gradients. */
const epsilon = 2 ** -23;

const commonSize = {
  min: (values: readonly number[]) => values.at(-1)!,
  median: (values: readonly number[]) => values[Math.floor((values.length - 1) / 2)]!,
  rmse: (values: readonly number[]) => sumOf(values) / values.length,
};

/**
 * Aligned-MTL: the gradients' principal components are made equally long, so that none dominates; then they
 * are summed.
 *
 * With the Gramian `M = V diag(l) V'`: `alpha = sqrt(l_common) V diag(l)^(-1/2) V' 1`, over the eigenvalues
 * that are not 0 (above T times float32's epsilon times the largest, as in the published code). The squares of the
 * weights thus sum to T at most, or to 2^23 with a `scale` other than `min`. A preference p stands in place of the ones;
 * the bounds are then |p|^2 in place of T.
 *
 * Source: D. Senushkin and others, CVPR 2023, https://arxiv.org/abs/2305.19000
 */
export const alignedMtl = defineBalancer<z.output<typeof options>>({
  name: 'aligned-mtl',
  summary: 'Equally long principal components of the gradients (Senushkin and others).',
  source: {
    title:
      'Senushkin, Patakin, Kuznetsov, Konushin: Independent Component Alignment for Multi-Task Learning (CVPR 2023)',
    url: 'https://arxiv.org/abs/2305.19000',
  },
  options,
  needs: () => ['gramian'],
  properties: () => ({ harmless: 'no', linear: false, symmetric: true }),
  solve({ gramian, preference }, { scale, heads }) {
    const count = gramian.length;
    const { values, vectors } = symmetricEigen(gramian);
    const largest = Math.max(...values);
    const kept = values
      .map((value, index) => ({ value, vector: vectors[index]! }))
      .filter(({ value }) => value > largest * count * epsilon)
      .sort((a, b) => b.value - a.value);
    const weights = new Array<number>(count).fill(kept.length === 0 ? 1 : 0);
    const size = kept.length === 0 ? 0 : commonSize[scale](kept.map(({ value }) => value));
    for (const { value, vector } of kept) {
      const share = Math.sqrt(size / value) * dot(vector, preference);
      for (let task = 0; task < count; task++) weights[task]! += share * vector[task]!;
    }
    return { weights, heads: headsOf(heads, weights) };
  },
});

import type { Regulariser, SharedOutput } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';

const options = z.strictObject({
  entropy: z
    .number()
    .min(0)
    .default(0.9)
    .describe('Coefficient of the entropy of the tasks at each place; 0.7 to 1.5 did alike in the paper.'),
  alignment: z
    .number()
    .min(0)
    .default(0.9)
    .describe("Coefficient of the alignment of the tasks' saliencies in each example; likewise."),
  temperature: z
    .number()
    .min(0.02)
    .default(0.1)
    .describe('Of the alignment: small sets an example apart from the most similar others.'),
});

/** Options of {@link repMtl}. */
export interface RepMtlOptions {
  readonly entropy: number;
  readonly alignment: number;
  readonly temperature: number;
}

/**
 * Added where nothing may be salient: to divisors, to squares of saliencies, and to squares of what they come to at a length
 * of 1. Small beside all that counts, and large enough for what gradients divide by in float32: squares of divisors.
 */
const least = { divisor: 1e-18, square: 1e-24, unitSquare: 1e-16 };

/** `[n, places, c]` of `[n, h, w, c]`, and of `[n, c]` with one place. */
function byPlace(saliency: tf.Tensor): tf.Tensor3D {
  const [n, c] = [saliency.shape[0]!, saliency.shape.at(-1)!];
  return tf.reshape(saliency, [n, -1, c]);
}

/**
 * The entropy of the tasks' shares in each place, on average: `P_t = |s_t| / sum_k |s_k|` with s the mean of a saliency over
 * channels. Small where each place is one task's.
 */
function entropyOf(saliencies: readonly tf.Tensor3D[]): tf.Scalar {
  const sizes = tf.stack(saliencies.map((saliency) => tf.abs(tf.mean(saliency, 2))));
  const shares = tf.div(sizes, tf.add(tf.sum(sizes, 0, true), least.divisor));
  return tf.neg(tf.mean(tf.sum(tf.mul(shares, tf.log(tf.add(shares, 1e-12))), 0)));
}

/** The length of each example's matrix product with itself, `|A A'|`, by way of the smaller of `A A'` and `A' A`. */
function productLength(matrices: tf.Tensor3D): tf.Tensor1D {
  const [, rows, columns] = matrices.shape;
  const product = tf.matMul(matrices, matrices, rows > columns, rows <= columns);
  return tf.sqrt(tf.add(tf.sum(tf.square(product), [1, 2]), least.unitSquare));
}

/**
 * The contrast of saliencies: each task's affinity of channels `M_t = S_t' S_t` is drawn to its example's anchor
 * `A' A`, with A the saliencies' means over places, and anchors of different examples are pushed apart.
 *
 * Cosines of these `[c, c]` matrices follow from smaller products: `<A'A, B'B> = |A B'|^2`.
 */
function contrastOf(given: readonly tf.Tensor3D[], temperature: number): tf.Scalar {
  // One scale an example and all tasks, which cosines do not see, so that no square leaves float32.
  const squares = tf.addN(given.map((saliency) => tf.sum(tf.square(saliency), [1, 2], true)));
  const scale = tf.rsqrt(tf.add(squares, least.square));
  const saliencies = given.map((saliency) => tf.mul(saliency, scale) as tf.Tensor3D);
  const anchors = tf.stack(
    // Up to a factor their means; it keeps their squares in float32.
    saliencies.map((saliency) => tf.mul(tf.mean(saliency, 1), Math.sqrt(saliency.shape[1]))),
    1,
  ) as tf.Tensor3D; // [n, tasks, c]
  const lengths = productLength(anchors);
  const drawn = saliencies.map((saliency) => {
    const products = tf.matMul(anchors, saliency, false, true);
    const affinity = tf.mul(lengths, productLength(saliency));
    return tf.mean(tf.div(tf.sum(tf.square(products), [1, 2]), affinity));
  });
  const [n, tasks, c] = anchors.shape;
  const flat = tf.reshape(anchors, [n * tasks, c]);
  const pairs = tf.reshape(tf.square(tf.matMul(flat, flat, false, true)), [n, tasks, n, tasks]);
  const cosines = tf.div(
    tf.sum(pairs, [1, 3]),
    tf.mul(tf.reshape(lengths, [n, 1]), tf.reshape(lengths, [1, n])),
  );
  const others = tf.sub(1, tf.eye(n));
  const pushed = tf.log(tf.sum(tf.mul(tf.exp(tf.div(cosines, temperature)), others), 1));
  return tf.sub(tf.mean(pushed), tf.div(tf.mean(tf.stack(drawn)), temperature)) as tf.Scalar;
}

/**
 * Rep-MTL: two penalties on how the tasks' losses depend on the features that they share. One keeps each place to few tasks, so
 * that a task's own patterns stay its own; the other lets the tasks agree, in each example, on how channels belong together.
 *
 * `entropy * L_tsr + alignment * L_csa`, equations 6 and 9, of the gradients of the losses with respect to the trunk's
 * output. Where the trunk has several outputs, penalties are summed. It is made for `balancer: equal` on logarithms of the
 * losses; it goes with any balancer.
 *
 * No code has been released. Equation 9 has one positive pair an example and the figure one for each task: here their mean.
 * The anchor takes the means of all tasks, as the figure has it. The paper does not say the temperature.
 *
 * Source: Z. Wang, S. Li, D. Xu, ICCV 2025, https://arxiv.org/abs/2507.21049
 */
export const repMtl: Regulariser<RepMtlOptions> = {
  apiVersion: 1,
  name: 'rep-mtl',
  summary: "Entropy and alignment of the tasks' saliencies (Wang, Li and Xu).",
  source: {
    title:
      'Wang, Li, Xu: Rep-MTL: Unleashing the Power of Representation-level Task Saliency for Multi-Task Learning (ICCV 2025)',
    url: 'https://arxiv.org/abs/2507.21049',
  },
  options,
  supports({ tasks, batch }, { alignment }) {
    if (tasks.length < 2) return 'compares tasks, and there is one; leave it out';
    if (alignment > 0 && batch < 2) {
      return 'sets examples of a batch apart, and a batch has one; choose a batch of 2 at least, or alignment: 0';
    }
    return true;
  },
  penalty: (outputs, { entropy, alignment, temperature }) =>
    tf.tidy(() => {
      const penalties = outputs.flatMap(({ saliencies }: SharedOutput) => {
        const given = saliencies.map(byPlace);
        return [
          ...(entropy > 0 ? [tf.mul(entropyOf(given), entropy)] : []),
          ...(alignment > 0 ? [tf.mul(contrastOf(given, temperature), alignment)] : []),
        ];
      });
      return (penalties.length > 0 ? tf.addN(penalties) : tf.scalar(0)) as tf.Scalar;
    }),
};

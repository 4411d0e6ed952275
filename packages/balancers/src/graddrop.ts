import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { defineBalancer } from './define';

const options = z.strictObject({
  leak: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('Share of each gradient that is kept whatever its sign: 0 drops in full, 1 is the plain sum.'),
});

/** Added to sums of sizes before division, in place of nothing divided by nothing. */
const offset = 1e-30;

/**
 * GradDrop: where gradients disagree in sign, all of one sign are dropped, element by element and at random.
 *
 * `P = (1 + sum_i g_i / sum_i |g_i|) / 2` is the purity of an element. Positive parts stay where P is above a number drawn
 * uniformly, negative ones where it is below; `leak` of every gradient stays in any case. In expectation no sign is
 * favoured beyond its share of the sizes. No gradient grows, and what is left of those of one element has one sign: without
 * a leak no task is harmed in any element that it has a say in.
 *
 * Under `gradients: representation` it is the paper's layer at the border of the trunk: purity is of the gradients times the
 * signs of the activations, summed over the batch, so that all examples keep the same elements. That costs a single
 * backward pass through the trunk. Under `gradients: parameters` it goes by the elements of each parameter, at a backward pass a
 * task, as implementations for gradients of parameters have it. Heads follow their own losses.
 *
 * Source: Z. Chen and others, NeurIPS 2020, https://arxiv.org/abs/2010.06808, algorithm 1
 */
export const graddrop = defineBalancer<z.output<typeof options>>({
  name: 'graddrop',
  summary: 'Signs that disagree are dropped at random, element by element (Chen and others).',
  source: {
    title:
      'Chen, Ngiam, Huang, Luong, Kretzschmar, Chai, Anguelov: Just Pick a Sign: Optimizing Deep Multitask Models with Gradient Sign Dropout (NeurIPS 2020)',
    url: 'https://arxiv.org/abs/2010.06808',
  },
  options,
  needs: () => ['elements'],
  properties: ({ leak }) => ({ harmless: 'no', linear: leak === 1, symmetric: true }),
  solve: ({ losses }) => ({ weights: losses.map(() => 1) }),
  elementFactors: (gradients, uniform, { leak }) =>
    tf.tidy(() => {
      const sum = tf.addN([...gradients]);
      const sizes = tf.addN(gradients.map((gradient) => tf.abs(gradient)));
      const purity = tf.mul(tf.add(tf.div(sum, tf.add(sizes, offset)), 1), 0.5);
      const up = tf.cast(tf.greater(purity, uniform), 'float32');
      return gradients.map((gradient) => {
        const stays = tf.where(tf.greater(gradient, 0), up, tf.sub(1, up));
        return leak === 0 ? stays : tf.add(tf.mul(stays, 1 - leak), leak);
      });
    }),
});

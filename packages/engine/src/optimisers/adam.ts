import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import type { ImplementedKind } from './kind';
import type { Arithmetic, Rule } from './rule';

/** Options of Adam and AdamW, with PyTorch's meanings and defaults. */
export interface AdamConfig {
  /** `adam` adds weight decay to the gradient (L2), `adamw` shrinks the parameter directly. */
  readonly name: 'adam' | 'adamw';
  /** 0.9 by default. */
  readonly beta1?: number;
  /** 0.999 by default. */
  readonly beta2?: number;
  /** Added to the square root; 1e-8 by default. */
  readonly epsilon?: number;
}

const beta = z.number().min(0).lt(1);

const options = z.strictObject({
  beta1: beta.default(0.9).describe("Share of the gradients' running mean that stays."),
  beta2: beta.default(0.999).describe('Share of the running mean of their squares that stays.'),
  epsilon: z.number().positive().default(1e-8).describe('Added to the square root.'),
});

function adamRule({ name, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamConfig): Rule {
  const decoupled = name === 'adamw';
  return {
    kernel: 'AdamUpdate',
    slots: ['first', 'second', 'step'],
    attributes: (weightDecay, rateFactor) => ({ beta1, beta2, epsilon, decoupled, weightDecay, rateFactor }),
  };
}

/** Adam and AdamW. */
export const adams: readonly ImplementedKind<AdamConfig>[] = [
  { name: 'adam', summary: "Adam by PyTorch's definition, L2 in the gradient", options, rule: adamRule },
  { name: 'adamw', summary: 'AdamW: Adam with decoupled weight decay', options, rule: adamRule },
];

/**
 * PyTorch's Adam and AdamW, with t counting this parameter's own updates: m = m + (1 - beta1) (g - m);
 * v = beta2 v + (1 - beta2) g^2; p = p - rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon).
 *
 * Sources: https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html and AdamW.html
 */
export const adamArithmetic: Arithmetic = {
  onArrays({ parameter, gradient, first, second, step }, next, rate, attributes) {
    const round = Math.fround;
    const beta1 = attributes.beta1 as number;
    const beta2 = attributes.beta2 as number;
    const lr = rate * (attributes.rateFactor as number);
    const t = step![0]! + 1;
    const size = round(lr / (1 - beta1 ** t));
    const root = round(Math.sqrt(1 - beta2 ** t));
    const shrink = attributes.decoupled ? round(1 - lr * (attributes.weightDecay as number)) : 1;
    const decay = attributes.decoupled ? 0 : round(attributes.weightDecay as number);
    const epsilon = round(attributes.epsilon as number);
    const weight1 = round(1 - beta1);
    const keep2 = round(beta2);
    const weight2 = round(1 - beta2);
    const { parameter: nextP, first: nextM, second: nextV } = next;
    for (let i = 0; i < parameter!.length; i++) {
      let p = parameter![i]!;
      let g = gradient[i]!;
      if (shrink !== 1) p = round(p * shrink);
      if (decay !== 0) g = round(g + decay * p);
      const m = first![i]!;
      // torch.lerp works from the nearer end.
      const newM = weight1 < 0.5 ? m + weight1 * round(g - m) : g - round(g - m) * round(1 - weight1);
      const newV = round(keep2 * second![i]!) + round(weight2 * g) * g;
      nextM![i] = newM;
      nextV![i] = newV;
      const denominator = round(round(round(Math.sqrt(round(newV))) / root) + epsilon);
      nextP![i] = p - round(round(size * round(newM)) / denominator);
    }
    next.step![0] = t;
  },

  onTensors({ parameter, gradient, first, second, step }, rate, attributes) {
    const beta1 = attributes.beta1 as number;
    const beta2 = attributes.beta2 as number;
    const decay = attributes.weightDecay as number;
    const lr = tf.mul(rate, attributes.rateFactor as number);
    const t = tf.add(step!, 1);
    // 1 - beta^t, by expm1: the plain difference would lose four digits at the first updates.
    const correction = (beta: number) =>
      beta === 0 ? tf.scalar(1) : tf.neg(tf.expm1(tf.mul(t, Math.log(beta))));
    const p =
      attributes.decoupled && decay !== 0 ? tf.mul(parameter!, tf.sub(1, tf.mul(lr, decay))) : parameter!;
    const g = attributes.decoupled || decay === 0 ? gradient : tf.add(gradient, tf.mul(p, decay));
    const m = tf.add(first!, tf.mul(tf.sub(g, first!), 1 - beta1));
    const v = tf.add(tf.mul(second!, beta2), tf.mul(tf.square(g), 1 - beta2));
    const root = tf.div(tf.sqrt(v), tf.sqrt(correction(beta2)));
    const size = tf.div(lr, correction(beta1));
    const move = tf.div(tf.mul(m, size), tf.add(root, attributes.epsilon as number));
    return { parameter: tf.sub(p, move), first: m, second: v, step: t };
  },
};

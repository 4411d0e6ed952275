import * as tf from '@tensorflow/tfjs';
import type { Arithmetic, Rule } from './rule';

/** Options of stochastic gradient descent, with PyTorch's meanings and defaults. */
export interface SgdConfig {
  readonly name: 'sgd';
  /** 0 by default: no velocity is kept. */
  readonly momentum?: number;
  /** Needs a momentum and no dampening; false by default. */
  readonly nesterov?: boolean;
  /** Share of the gradient that does not enter the velocity, except at a parameter's first update; 0 by default. */
  readonly dampening?: number;
}

/** The rule that a config of `sgd` stands for. */
export function sgdRule(config: SgdConfig): Rule {
  const { momentum = 0, nesterov = false, dampening = 0 } = config;
  return {
    kernel: 'SgdUpdate',
    // The first velocity is the gradient itself, which zeros give by themselves unless it is dampened.
    slots: momentum === 0 ? [] : dampening === 0 ? ['velocity'] : ['velocity', 'step'],
    attributes: (weightDecay, rateFactor) => ({ momentum, nesterov, dampening, weightDecay, rateFactor }),
  };
}

/**
 * PyTorch's SGD: g = gradient + weightDecay * p; v = momentum * v + (1 - dampening) * g, at first v = g;
 * p = p - rate * (nesterov ? g + momentum * v : v).
 *
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html
 */
export const sgdArithmetic: Arithmetic = {
  onArrays({ parameter, gradient, velocity, step }, next, rate, attributes) {
    const round = Math.fround;
    const lr = round(rate * (attributes.rateFactor as number));
    const momentum = round(attributes.momentum as number);
    const decay = round(attributes.weightDecay as number);
    const nesterov = attributes.nesterov as boolean;
    const keep = step && step[0]! > 0 ? round(1 - (attributes.dampening as number)) : 1;
    const p = parameter!;
    const nextP = next.parameter!;
    const nextV = next.velocity;
    // A double holds the product of two float32 numbers exactly: each line rounds once, as a fused
    // multiply-add does.
    for (let i = 0; i < p.length; i++) {
      let g = gradient[i]!;
      if (decay !== 0) g = round(g + decay * p[i]!);
      if (velocity) {
        const v = round(round(momentum * velocity[i]!) + keep * g);
        nextV![i] = v;
        g = nesterov ? round(g + momentum * v) : v;
      }
      nextP[i] = p[i]! - lr * g;
    }
    if (step) next.step![0] = step[0]! + 1;
  },

  onTensors({ parameter, gradient, velocity, step }, rate, attributes) {
    const momentum = attributes.momentum as number;
    const decay = attributes.weightDecay as number;
    const lr = tf.mul(rate, attributes.rateFactor as number);
    const g = decay === 0 ? gradient : tf.add(gradient, tf.mul(parameter!, decay));
    if (!velocity) return { parameter: tf.sub(parameter!, tf.mul(g, lr)) };
    const kept = step
      ? tf.mul(
          g,
          tf.where(tf.greater(step, 0), tf.scalar(1 - (attributes.dampening as number)), tf.scalar(1)),
        )
      : g;
    const v = tf.add(tf.mul(velocity, momentum), kept);
    const move = attributes.nesterov ? tf.add(g, tf.mul(v, momentum)) : v;
    const moved = { parameter: tf.sub(parameter!, tf.mul(move, lr)), velocity: v };
    return step ? { ...moved, step: tf.add(step, 1) } : moved;
  },
};

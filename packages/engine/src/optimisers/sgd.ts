import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import type { ImplementedKind } from './kind';
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

const share = z.number().min(0).max(1);

const options = z
  .strictObject({
    momentum: share.default(0.9).describe('Share of the velocity that stays; 0 keeps none.'),
    nesterov: z
      .boolean()
      .optional()
      .describe("Whether a step looks ahead by Nesterov's rule; by default where it can."),
    dampening: share
      .default(0)
      .describe("Share of the gradient that does not enter the velocity, but at a parameter's first update."),
  })
  .transform(({ momentum, nesterov, dampening }) => ({
    momentum,
    nesterov: nesterov ?? (momentum > 0 && dampening === 0),
    dampening,
  }));

function sgdRule({ momentum = 0, nesterov = false, dampening = 0 }: SgdConfig): Rule {
  if (nesterov && (momentum === 0 || dampening > 0)) {
    throw new OverparamError(
      'invalid-optimiser',
      `The optimiser \`sgd\` with \`nesterov\` expects a \`momentum\` above 0 and no \`dampening\`; got momentum ${momentum} and dampening ${dampening}. Change them, or set nesterov to false.`,
    );
  }
  return {
    kernel: 'SgdUpdate',
    // The first velocity is the gradient itself, which zeros give by themselves unless it is dampened.
    slots: momentum === 0 ? [] : dampening === 0 ? ['velocity'] : ['velocity', 'step'],
    attributes: (weightDecay, rateFactor) => ({ momentum, nesterov, dampening, weightDecay, rateFactor }),
  };
}

/** Stochastic gradient descent; a config that says no more has the momentum 0.9 of the literature on CIFAR. */
export const sgd: ImplementedKind<SgdConfig> = {
  name: 'sgd',
  summary: "Stochastic gradient descent by PyTorch's definition",
  options,
  rule: sgdRule,
};

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

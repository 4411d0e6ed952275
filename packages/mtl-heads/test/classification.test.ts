import { readFileSync } from 'node:fs';
import { useEngine } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { classification, crossEntropy } from '../src/index';
import { engines } from './engines';

interface Case {
  name: string;
  classes: number;
  labelSmoothing: number;
  logits: number[];
  labels: number[];
  loss: number;
  gradient: number[];
  errors: Record<string, number>;
}

const cases: Case[] = JSON.parse(
  readFileSync(new URL('./fixtures/cross-entropy.json', import.meta.url), 'utf8'),
);

function lossAndGradient(logits: number[], labels: number[], classes: number, labelSmoothing: number) {
  return tf.tidy(() => {
    const task = classification({ name: 'digits', classes, labelSmoothing });
    const x = tf.tensor2d(logits, [labels.length, classes]);
    const y = tf.tensor1d(labels, 'int32');
    const { value, grad } = tf.valueAndGrad((logit) => task.loss(logit, y))(x);
    return { loss: value.dataSync()[0]!, gradient: [...grad.dataSync()] };
  });
}

describe.each(engines)('on %s', (engine) => {
  beforeAll(async () => {
    await useEngine(engine);
  });

  test.each(cases)("loss and gradient are PyTorch's: $name", (given) => {
    const { loss, gradient } = lossAndGradient(
      given.logits,
      given.labels,
      given.classes,
      given.labelSmoothing,
    );
    expect(Math.abs(loss - given.loss) / Math.max(1, given.loss)).toBeLessThan(1e-6);
    gradient.forEach((value, i) => {
      expect(Math.abs(value - given.gradient[i]!)).toBeLessThan(1e-6);
    });
  });

  test('the gradient is the difference quotient', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -3000, max: 3000 }), { minLength: 12, maxLength: 12 }),
        fc.array(fc.integer({ min: -1, max: 3 }), { minLength: 3, maxLength: 3 }),
        (thousandths, labels) => {
          const logits = thousandths.map((value) => value / 1000);
          const { gradient } = lossAndGradient(logits, labels, 4, 0.1);
          const step = 0.05;
          gradient.forEach((value, i) => {
            const moved = (by: number) =>
              lossAndGradient(logits.with(i, logits[i]! + by), labels, 4, 0.1).loss;
            expect(value).toBeCloseTo((moved(step) - moved(-step)) / (2 * step), 3);
          });
        },
      ),
      { numRuns: 5, seed: 1 },
    );
  });

  test('without a valid label loss and gradient are 0', () => {
    const { loss, gradient } = lossAndGradient([5, 1, -3, 2], [-1, -1], 2, 0.1);
    expect(loss).toBeCloseTo(0, 12);
    expect(gradient.every((value) => value === 0)).toBe(true);
  });

  test('a label that is no class makes the loss NaN', () => {
    expect(lossAndGradient([5, 1, -3, 2], [0, 2], 2, 0).loss).toBeNaN();
  });

  test('tensors: one loss, nothing else', () => {
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
    const y = tf.tensor1d([0, -1], 'int32');
    const weights = tf.variable(x);
    const before = tf.memory().numTensors;
    crossEntropy(x, y, 0.1).dispose();
    const { value, grads } = tf.variableGrads(() => crossEntropy(weights.mul(1), y), [weights]);
    value.dispose();
    tf.dispose(grads);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([x, y, weights]);
  });
});

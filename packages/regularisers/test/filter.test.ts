import { backwardPasses, recordedGradients, useEngine } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';

test('differentiates twice through a kernel that follows from its input', async () => {
  await useEngine('cpu');
  const values = Array.from({ length: 24 }, (_, k) => Math.sin(1 + 1.3 * k));
  const weights = Array.from({ length: 36 }, (_, k) => 0.3 * Math.cos(k));
  /** The squared length of the gradient at z of a loss whose kernel is scaled by z's mean square. */
  const penaltyAt = (z: tf.Tensor4D) => {
    const kernel = tf.mul(tf.tensor4d(weights, [3, 3, 2, 2]), tf.mean(tf.square(z))) as tf.Tensor4D;
    const loss = tf.mean(tf.square(tf.conv2d(z, kernel, 1, 'same'))) as tf.Scalar;
    return tf.sum(tf.square(recordedGradients(loss, [z])[0]!)) as tf.Scalar;
  };
  const run = (at: number[]) =>
    backwardPasses(
      () => {
        const z = tf.mul(tf.tensor4d(at, [1, 3, 4, 2]), 1) as tf.Tensor4D;
        return { z, value: penaltyAt(z) };
      },
      ({ z, value }, backward) => ({
        value: value.dataSync()[0]!,
        gradient: [...backward(value, [z])[0]!.dataSync()],
      }),
    );
  const { gradient } = run(values);
  const size = Math.max(...gradient.map(Math.abs));
  for (const k of [0, 5, 11, 17, 23]) {
    const moved = (step: number) => run(values.map((value, at) => (at === k ? value + step : value))).value;
    const expected = (moved(1e-2) - moved(-1e-2)) / 2e-2;
    expect(Math.abs(gradient[k]! - expected) / size).toBeLessThan(5e-3);
  }
});

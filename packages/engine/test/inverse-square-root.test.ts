import type { Tensor3D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import {
  backwardPasses,
  compile,
  inverseSquareRoot,
  keyFromSeed,
  normalTensor,
  type Precision,
  precisionProblem,
  twiceDifferentiable,
  useEngine,
} from '../src';
import { scaledSteps } from '../src/inverse-square-root';
import { backends, engines, useBackend } from './backends';

const largest = (x: tf.Tensor) => tf.tidy(() => x.abs().max().dataSync()[0]!);
const draw = (seed: number, shape: number[]) => normalTensor(keyFromSeed(seed), shape, 0, 1);

/** H diag(values) H for the mirror H = I - 2 d d^T / (d^T d), in double. */
function mirrored(values: readonly number[]): number[][] {
  const d = values.map((_, at) => 1 + (at % 3));
  const length = d.reduce((sum, x) => sum + x * x, 0);
  const h = d.map((x, i) => d.map((y, j) => (i === j ? 1 : 0) - (2 * x * y) / length));
  return h.map((row) => h.map((other) => row.reduce((sum, x, k) => sum + x * values[k]! * other[k]!, 0)));
}

/** A^(-1/2) of a 2 x 2 matrix in closed form, in double: (adj A + s I) / (s sqrt(trace A + 2 s)), s = sqrt(det A). */
function ofTwo([p, q, r]: readonly [number, number, number]): number[] {
  const s = Math.sqrt(p * r - q * q);
  const whole = s * Math.sqrt(p + r + 2 * s);
  return [(r + s) / whole, -q / whole, -q / whole, (p + s) / whole];
}

describe.each(backends)('the inverse square root on %s', (backend) => {
  test.each([
    ['far apart', [100, 30, 10, 3, 1, 0.3, 0.1]],
    ['equal', [2, 2, 2, 2]],
    ['equal in part', [5, 5, 5, 0.2, 0.2]],
    ['one', [0.01]],
  ])('of eigenvalues %s is that of its closed form', async (_, values) => {
    await useBackend(backend);
    tf.tidy(() => {
      const a = tf.tensor3d([mirrored(values), mirrored(values.map((value) => 3 * value))]);
      const wanted = [1, 3].map((by) => mirrored(values.map((value) => (by * value) ** -0.5)));
      const found = inverseSquareRoot(a, Math.min(...values) / (2 * Math.max(...values) * values.length));
      expect(largest(found.sub(tf.tensor3d(wanted)))).toBeLessThan(2e-5 * largest(tf.tensor3d(wanted)));
    });
  });

  test('its gradient is that of the closed form of two by two', async () => {
    await useBackend(backend);
    const weigh = [0.3, -1.2, -1.2, 0.7];
    const at = [2, 0.6, 0.5] as const;
    const value = (given: readonly [number, number, number]) =>
      ofTwo(given).reduce((sum, x, index) => sum + x * weigh[index]!, 0);
    const h = 1e-6;
    const by = [0, 1, 2].map((index) => {
      const moved = (step: number) =>
        value(at.map((x, each) => x + (each === index ? step : 0)) as unknown as [number, number, number]);
      return (moved(h) - moved(-h)) / (2 * h);
    });
    const a = tf.tensor3d([at[0], at[1], at[1], at[2]], [1, 2, 2]);
    const gradient = tf.grad((x) =>
      inverseSquareRoot(x as Tensor3D, 0.01)
        .mul(tf.tensor3d(weigh, [1, 2, 2]))
        .sum(),
    )(a);
    const [p, q1, q2, r] = gradient.dataSync();
    for (const [index, found] of [p!, q1! + q2!, r!].entries())
      expect(Math.abs(found - by[index]!)).toBeLessThan(1e-4 * Math.abs(by[index]!));
    tf.dispose([a, gradient]);
  });

  test('its gradient where all eigenvalues are equal is minus a half of what comes in, over their power of one and a half', async () => {
    await useBackend(backend);
    tf.tidy(() => {
      const a = tf.eye(4).mul(2).expandDims(0) as Tensor3D;
      const random = draw(3, [1, 4, 4]);
      const weigh = random.add(random.transpose([0, 2, 1])).div(2);
      const gradient = tf.grad((x) =>
        inverseSquareRoot(x as Tensor3D, 0.1)
          .mul(weigh)
          .sum(),
      )(a);
      expect(largest(gradient.sub(weigh.mul(-0.5 * 2 ** -1.5)))).toBeLessThan(1e-5);
    });
  });

  test('what is no number gives none, and no error', async () => {
    await useBackend(backend);
    tf.tidy(() => {
      const given = tf.stack([tf.eye(3), tf.fill([3, 3], Number.NaN)]) as Tensor3D;
      const found = inverseSquareRoot(given, 0.1);
      expect(found.slice([1, 0, 0]).isNaN().all().dataSync()[0]).toBe(1);
      expect(largest(found.slice([0, 0, 0], [1, 3, 3]).sub(tf.eye(3)))).toBeLessThan(1e-6);
    });
  });
});

test.each(engines)('a gradient of its gradient goes on to the matrix on %s', async (engine) => {
  await useEngine(engine);
  // Of A = x: A^(-1/2), its derivative -x^(-3/2) / 2, and that one's 3 x^(-5/2) / 4.
  const x = tf.tensor3d([4], [1, 1, 1]);
  const second = twiceDifferentiable(() =>
    tf.grad((given) => tf.grad((inner) => inverseSquareRoot(inner as Tensor3D, 0.5))(given))(x),
  );
  expect(second.dataSync()[0]).toBeCloseTo((3 / 4) * 4 ** -2.5, 5);
  tf.dispose([x, second]);
});

test.skipIf(!engines.includes('tensorflow'))(
  'in a step in bfloat16 it is computed in float32, forth and back',
  async ({ skip }) => {
    await useEngine('tensorflow');
    skip(precisionProblem('bfloat16') !== null, 'no bfloat16 here');
    const rootOf = (a: () => tf.Tensor) =>
      backwardPasses(
        () => {
          const given = tf.mul(a(), 1) as Tensor3D;
          const root = inverseSquareRoot(given, 1e-3);
          return { given, root, loss: tf.sum(tf.mul(root, tf.range(0, 16))) };
        },
        ({ given, root, loss }, backward): tf.NamedTensorMap => ({
          given: tf.clone(given),
          root: tf.clone(root),
          gradient: backward(loss, [given])[0]!,
        }),
      );
    const moments = (rows: tf.Tensor2D) => {
      const square = tf.div(tf.matMul(rows, rows, true, false), rows.shape[0]);
      return tf.sub(square, tf.square(tf.mean(rows, 0))).expandDims(0);
    };
    const run = (step: (x: tf.Tensor) => tf.NamedTensorMap, x: tf.Tensor, precision: Precision) => {
      const compiled = compile((given) => step(given.x!), { precision });
      const made = compiled({ x }) as tf.NamedTensorMap;
      compiled.dispose();
      return made;
    };
    const x = draw(5, [64, 16]);
    const narrow = run((rows) => rootOf(() => moments(rows as tf.Tensor2D)), x, 'bfloat16');
    const wide = run((given) => rootOf(() => given), narrow.given!, 'float32');
    for (const name of ['root', 'gradient']) {
      const gap = tf.tidy(() => largest(narrow[name]!.sub(wide[name]!)) / largest(wide[name]!));
      expect(gap).toBeLessThan(1e-6);
    }
    tf.dispose([x, narrow, wide]);
  },
);

test('the steps of the iteration take all of an interval to 1, in fewer than unscaled ones', () => {
  for (const least of [0.9, 0.1, 1e-2, 1e-3, 1e-5]) {
    const steps = scaledSteps(least);
    const taken = (x: number) => steps.reduce((value, [a, b]) => a * value - b * value ** 3, x);
    for (let at = 0; at <= 100; at++)
      expect(taken(Math.sqrt(least) + ((1 - Math.sqrt(least)) * at) / 100)).toBeCloseTo(1, 6);
  }
  let unscaled = 0;
  for (let x = Math.sqrt(1e-3); 1 - x > 1e-7; unscaled++) x = (3 * x - x ** 3) / 2;
  expect(scaledSteps(1e-3).length).toBeLessThanOrEqual(0.7 * unscaled);
});

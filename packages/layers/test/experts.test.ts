import { keyFromSeed, normalTensor, uniformTensor, useEngine } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { ExpertSelection, GatedSum, LearnedVector } from '../src/custom-layers';

/** The smooth step as the paper writes it, by cases. */
function smoothStep(t: number, gamma: number): number {
  if (t <= -gamma / 2) return 0;
  if (t >= gamma / 2) return 1;
  return (-2 / gamma ** 3) * t ** 3 + (3 / (2 * gamma)) * t + 1 / 2;
}

/** An example's weights by the paper's formula, expert by expert and digit by digit. */
function selection(z: readonly number[], w: readonly number[], experts: number, gamma: number): number[] {
  const digits = Math.log2(experts);
  const sum = w.reduce((total, value) => total + Math.exp(value), 0);
  return Array.from({ length: experts }, (_, expert) =>
    w.reduce((total, value, selector) => {
      let weight = Math.exp(value) / sum;
      for (let digit = 0; digit < digits; digit++) {
        const on = smoothStep(z[selector * digits + digit]!, gamma);
        weight *= expert.toString(2).padStart(digits, '0')[digit] === '1' ? on : 1 - on;
      }
      return total + weight;
    }, 0),
  );
}

const numbers = (x: tf.Tensor) => [...x.dataSync()];
const close = (found: readonly number[], expected: readonly number[]) => {
  expect(found).toHaveLength(expected.length);
  expected.forEach((value, index) => {
    expect(found[index]).toBeCloseTo(value, 5);
  });
};

describe.each(['cpu', 'wasm'] as const)('on %s', (backend) => {
  beforeAll(async () => {
    await useEngine(backend);
  });

  test.each([
    [2, 1, 1],
    [4, 2, 1],
    [8, 3, 0.5],
  ])('%i experts, %i selectors, gamma %f: weights and gradient are the formula', (experts, k, gamma) => {
    const n = 5;
    const digits = Math.log2(experts);
    tf.tidy(() => {
      const z = uniformTensor(keyFromSeed(1), [n, k * digits], -gamma, gamma);
      const w = normalTensor(keyFromSeed(2), [n, k], 0, 1);
      const layer = new ExpertSelection({ gamma });
      const run = (a: tf.Tensor, b: tf.Tensor) => layer.call([a, b], {});
      const rows = (x: tf.Tensor, width: number) =>
        Array.from({ length: n }, (_, i) => numbers(x).slice(i * width, (i + 1) * width));
      const [zs, ws] = [rows(z, k * digits), rows(w, k)];
      close(
        numbers(run(z, w)),
        zs.flatMap((row, i) => selection(row, ws[i]!, experts, gamma)),
      );
      // The gradient of a weighted sum against central differences of the formula; the same numbers every time.
      const dy = Array.from({ length: n * experts }, (_, i) => Math.sin(i + 1));
      const value = (za: number[][], wa: number[][]) =>
        za
          .flatMap((row, i) => selection(row, wa[i]!, experts, gamma))
          .reduce((sum, x, i) => sum + x * dy[i]!, 0);
      const [dz, dw] = tf.grads(run)([z, w], tf.tensor(dy, [n, experts]));
      const slope = (of: 'z' | 'w', i: number, j: number) => {
        const at = (step: number) => {
          const moved = (of === 'z' ? zs : ws).map((row) => [...row]);
          moved[i]![j]! += step;
          return of === 'z' ? value(moved, ws) : value(zs, moved);
        };
        return (at(1e-5) - at(-1e-5)) / 2e-5;
      };
      const found = [rows(dz!, k * digits), rows(dw!, k)] as const;
      for (let i = 0; i < n; i++) {
        for (const [of, row] of [
          ['z', found[0][i]!],
          ['w', found[1][i]!],
        ] as const)
          row.forEach((slopeFound, j) => {
            expect(Math.abs(slopeFound - slope(of, i, j))).toBeLessThan(2e-4);
          });
      }
    });
  });

  test('settled selectors choose experts by their binary digits', () => {
    tf.tidy(() => {
      // Selector 0 says 10, expert 2; selector 1 says 01, expert 1.
      const z = tf.tensor2d([[3, -3, -3, 3]]);
      const w = tf.tensor2d([[Math.log(3), 0]]);
      close(numbers(new ExpertSelection({ gamma: 1 }).call([z, w], {})), [0, 0.25, 0.75, 0]);
    });
  });

  test('a gated sum weighs each example, or all alike', () => {
    tf.tidy(() => {
      const [a, b] = [tf.range(0, 8).reshape([2, 2, 2, 1]), tf.range(10, 18).reshape([2, 2, 2, 1])];
      const layer = new GatedSum({});
      const each = tf.tensor2d([
        [1, 0],
        [0.5, 2],
      ]);
      close(numbers(layer.call([each, a, b], {})), [0, 1, 2, 3, 30, 32.5, 35, 37.5]);
      const all = tf.tensor2d([[2, 1]]);
      close(numbers(layer.call([all, a, b], {})), [10, 13, 16, 19, 22, 25, 28, 31]);
    });
  });
});

test('a gate of another number than there are experts is refused when the network is built', () => {
  const image = tf.input({ shape: [4, 4, 2] });
  const gate = new LearnedVector({ units: 3 }).apply(image) as tf.SymbolicTensor;
  expect(() => new GatedSum({}).apply([gate, image, image])).toThrow(
    /needs as many weights.*\[n, 2\].*\[1,3\]/,
  );
});

test('a learned vector is the same for every example, and survives JSON', async () => {
  const image = tf.input({ shape: [2, 2, 1] });
  const vector = new LearnedVector({ units: 2, name: 'gate' });
  const gate = vector.apply(image) as tf.SymbolicTensor;
  const twice = tf.layers.multiply().apply([image, image]) as tf.SymbolicTensor;
  const sum = new GatedSum({}).apply([gate, image, twice]) as tf.SymbolicTensor;
  const model = tf.model({ inputs: image, outputs: sum });
  const values = tf.tensor1d([2, 1]);
  vector.setWeights([values]);
  const copy = await tf.models.modelFromJSON(JSON.parse(JSON.stringify(model.toJSON(null, false))));
  copy.setWeights(model.getWeights());
  tf.tidy(() => {
    const x = tf.range(0, 8).reshape([2, 2, 2, 1]);
    const expected = [0, 3, 8, 15, 24, 35, 48, 63];
    for (const network of [model, copy]) close(numbers(network.predict(x) as tf.Tensor), expected);
  });
  model.dispose();
  copy.dispose();
  values.dispose();
});

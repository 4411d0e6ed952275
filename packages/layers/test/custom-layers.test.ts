import { keyFromSeed, normalTensor, randomInteger, trainingKernels, useEngine } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  maxPoolWithPlaces,
  maxUnpool,
  placeKernels,
  ResizeAligned,
  ResizeHalfPixel,
  resizeHalfPixel,
  unitLength,
} from '../src/custom-layers';

const key = keyFromSeed(11);
const numbers = (x: tf.Tensor) => [...x.dataSync()];

/** The plainest form: loops over windows; only a larger value replaces an earlier one. */
function poolByLoops(x: number[], [n, h, w, c]: number[]) {
  const values: number[] = [];
  const at: number[] = [];
  for (let i = 0; i < n!; i++)
    for (let y = 0; y < h!; y += 2)
      for (let z = 0; z < w!; z += 2)
        for (let k = 0; k < c!; k++) {
          const places = [0, 1, 2, 3].map((p) => ((i * h! + y + (p >> 1)) * w! + z + (p & 1)) * c! + k);
          let best = places[0]!;
          for (const place of places) if (x[place]! > x[best]!) best = place;
          values.push(x[best]!);
          at.push(best);
        }
  return { values, at };
}

test('kernels have the names under which engines register them', () => {
  const { maxPlace, putPlace, takePlace } = trainingKernels;
  expect(placeKernels).toEqual({ maximum: maxPlace, put: putPlace, take: takePlace });
});

// The last one is wasm without the engine's own kernels for pooling, as in plain TensorFlow.js.
describe.each(['cpu', 'wasm', 'plain'] as const)('on %s', (backend) => {
  beforeAll(async () => {
    await useEngine(backend === 'plain' ? 'wasm' : backend);
    for (const name of Object.values(placeKernels)) {
      if (backend === 'plain') tf.unregisterKernel(name, 'wasm');
      expect(tf.getKernel(name, tf.getBackend()) === undefined).toBe(backend === 'plain');
    }
  });

  test('pooling, unpooling and both gradients equal loops over windows, ties and all', () => {
    const side = fc.integer({ min: 1, max: 3 });
    fc.assert(
      fc.property(side, side, side, side, fc.integer({ min: 0, max: 2 ** 31 }), (n, h, w, c, seed) => {
        const shape: [number, number, number, number] = [n, 2 * h, 2 * w, c];
        const size = tf.util.sizeFromShape(shape);
        // Few different values, so that nearly every window has a tie.
        const x = Array.from({ length: size }, (_, i) => randomInteger(keyFromSeed(seed * 1000 + i), 3) - 1);
        const dy = Array.from({ length: size / 4 }, (_, i) => i + 1);
        const given = Array.from({ length: size }, (_, i) => 100 + i);
        const { values, at } = poolByLoops(x, shape);
        const spread = (from: number[]) => {
          const out: number[] = new Array(size).fill(0);
          for (const [i, place] of at.entries()) out[place] = from[i]!;
          return out;
        };
        const before = tf.memory().numTensors;
        tf.tidy(() => {
          const image = tf.tensor4d(x, shape);
          const pooled = maxPoolWithPlaces(image);
          const small = pooled.values.shape;
          expect(numbers(pooled.values)).toEqual(values);
          const back = tf.tensor4d(dy, small);
          expect(numbers(maxUnpool(back, pooled.places))).toEqual(spread(dy));
          const poolGradient = tf.grad((z) => maxPoolWithPlaces(z as tf.Tensor4D).values)(image, back);
          expect(numbers(poolGradient)).toEqual(spread(dy));
          const unpoolGradient = tf.grad((z) => maxUnpool(z as tf.Tensor4D, pooled.places));
          const gathered = numbers(unpoolGradient(back, tf.tensor4d(given, shape)));
          expect(gathered).toEqual(at.map((place) => given[place]));
        });
        expect(tf.memory().numTensors).toBe(before);
      }),
      { numRuns: 25, seed: 5 },
    );
  });

  test('without a tidy, pooling leaves two tensors and unpooling one', () => {
    const x = normalTensor(key, [1, 4, 4, 3], 0, 1) as tf.Tensor4D;
    const before = tf.memory().numTensors;
    const { values, places } = maxPoolWithPlaces(x);
    expect(tf.memory().numTensors).toBe(before + 2);
    const y = maxUnpool(values, places);
    expect(tf.memory().numTensors).toBe(before + 3);
    tf.dispose([x, values, places, y]);
  });

  test('an odd side is named', () => {
    expect(() => tf.tidy(() => maxPoolWithPlaces(tf.zeros([1, 4, 5, 1])))).toThrow(/side of 5 is odd/);
  });

  test.each([
    [3, 4, 9, 7],
    [1, 1, 5, 6],
    [6, 8, 6, 8],
    [2, 5, 12, 1],
  ])(
    'resizing %ix%i to %ix%i and its gradient are products with the interpolation matrices',
    (h, w, H, W) => {
      tf.tidy(() => {
        const x = normalTensor(key, [2, h, w, 3], 0, 1) as tf.Tensor4D;
        const dy = normalTensor(keyFromSeed(12), [2, H, W, 3], 0, 1) as tf.Tensor4D;
        const layer = new ResizeAligned({ height: H, width: W });
        const [rows, columns] = [interpolation(h, H), interpolation(w, W)];
        const expected = product(rows, columns, x);
        expect(difference(layer.apply(x) as tf.Tensor, expected)).toBeLessThan(2e-6);
        const gradient = tf.grad((z) => layer.apply(z) as tf.Tensor)(x, dy);
        const back = product(transposed(rows), transposed(columns), dy);
        expect(difference(gradient, back)).toBeLessThan(5e-6);
      });
    },
  );

  test('unit length: direction kept, zero stays zero, gradient orthogonal, and nothing where there is no direction', () => {
    tf.tidy(() => {
      const x = tf.tensor2d([
        [3, 0, -4],
        [0, 0, 0],
        [1e-13, 0, 0],
        [2e-9, 0, 0],
      ]);
      const y = numbers(unitLength(x));
      [0.6, 0, -0.8, 0, 0, 0, 0, 0, 0, 1, 0, 0].forEach((value, i) => {
        expect(y[i]).toBeCloseTo(value, 6);
      });
      const dy = tf.tensor2d([
        [1, 2, 3],
        [1, 2, 3],
        [1, 2, 3],
        [1, 0, 0],
      ]);
      const gradient = numbers(tf.grad((z: tf.Tensor) => unitLength(z))(x, dy));
      // (dy - y (y . dy)) / length, with y . dy = 0.6 - 2.4 = -1.8 and length 5.
      [(1 + 1.08) / 5, 2 / 5, (3 - 1.44) / 5].forEach((value, i) => {
        expect(gradient[i]).toBeCloseTo(value, 6);
      });
      expect(gradient.slice(3, 9)).toEqual([0, 0, 0, 0, 0, 0]);
      expect(gradient.every(Number.isFinite)).toBe(true);
    });
  });
});

/** `[to][from]`: output i lies at i (from - 1) / (to - 1) between the inputs. */
function interpolation(from: number, to: number): number[][] {
  return Array.from({ length: to }, (_, i) => {
    const at = to === 1 ? 0 : (i * (from - 1)) / (to - 1);
    return Array.from({ length: from }, (_, j) => Math.max(0, 1 - Math.abs(at - j)));
  });
}

const transposed = (matrix: number[][]) => matrix[0]!.map((_, j) => matrix.map((row) => row[j]!));

/** y[n, i, j, c] = sum over h, w of rows[i][h] columns[j][w] x[n, h, w, c], in doubles. */
function product(rows: number[][], columns: number[][], x: tf.Tensor4D): number[] {
  const [n, h, w, c] = x.shape;
  const values = x.dataSync();
  const out: number[] = [];
  for (let image = 0; image < n; image++)
    for (const row of rows)
      for (const column of columns)
        for (let k = 0; k < c; k++) {
          let sum = 0;
          for (let y = 0; y < h; y++)
            for (let z = 0; z < w; z++) {
              sum += row[y]! * column[z]! * values[((image * h + y) * w + z) * c + k]!;
            }
          out.push(sum);
        }
  return out;
}

const difference = (x: tf.Tensor, reference: number[]) =>
  Math.max(...numbers(x).map((value, i) => Math.abs(value - reference[i]!)));

describe('resizing area on area', () => {
  test.each([
    [
      [4, 5],
      [8, 15],
    ],
    [
      [7, 6],
      [3, 4],
    ],
    [
      [1, 3],
      [4, 1],
    ],
  ] as const)('%j to %j is what TensorFlow computes with half-pixel centres', async (from, to) => {
    await tf.setBackend('cpu');
    tf.tidy(() => {
      const x = normalTensor(key, [2, ...from, 3], 0, 1) as tf.Tensor4D;
      const expected = numbers(tf.image.resizeBilinear(x, [...to], false, true));
      const found = numbers(resizeHalfPixel(x, to));
      expected.forEach((value, i) => {
        expect(found[i]).toBeCloseTo(value, 5);
      });
    });
  });

  test('its gradient is the transpose: sum(dy resize(x)) = sum(gradient x)', async () => {
    await tf.setBackend('cpu');
    tf.tidy(() => {
      const x = normalTensor(key, [2, 3, 4, 2], 0, 1) as tf.Tensor4D;
      const dy = normalTensor(keyFromSeed(12), [2, 6, 5, 2], 0, 1);
      const gradient = tf.grad((image) => resizeHalfPixel(image as tf.Tensor4D, [6, 5]))(x, dy);
      const [left] = numbers(tf.sum(tf.mul(dy, resizeHalfPixel(x, [6, 5]))));
      const [right] = numbers(tf.sum(tf.mul(gradient, x)));
      expect(left).toBeCloseTo(right!, 4);
    });
  });

  test('as a layer it is saved and made again, by a size or by a factor', () => {
    for (const size of [{ height: 4, width: 9 }, { factor: [2, 3] as const }]) {
      const layer = new ResizeHalfPixel({ name: 'resize', ...size });
      const again = new ResizeHalfPixel(
        layer.getConfig() as ConstructorParameters<typeof ResizeHalfPixel>[0],
      );
      expect(again.computeOutputShape([null, 2, 3, 5])).toEqual([null, 4, 9, 5]);
    }
  });
});

import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { convolution, keyFromSeed, normalTensor, type Padding, useEngine } from '../src';
import { engines } from './backends';

interface Case {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outputs: number;
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly padding: Padding;
}

const side = fc.integer({ min: 0, max: 3 });
const size = fc.constantFrom(1, 3, 5, 7);
const pairOf = (value: fc.Arbitrary<number>) => fc.tuple(value, value);

const cases: fc.Arbitrary<Case> = fc
  .record({
    batch: fc.integer({ min: 1, max: 2 }),
    height: fc.integer({ min: 1, max: 9 }),
    width: fc.integer({ min: 1, max: 9 }),
    channels: fc.integer({ min: 1, max: 9 }),
    outputs: fc.integer({ min: 1, max: 13 }),
    kernel: pairOf(size),
    strides: pairOf(fc.integer({ min: 1, max: 3 })),
    dilation: pairOf(fc.integer({ min: 1, max: 3 })),
    padding: fc.tuple(fc.tuple(side, side), fc.tuple(side, side)),
  })
  .filter(({ height, width, kernel, dilation, padding }) => {
    const fits = (length: number, axis: 0 | 1) =>
      length + padding[axis][0] + padding[axis][1] >= (kernel[axis] - 1) * dilation[axis] + 1;
    return fits(height, 0) && fits(width, 1);
  });

/** The definition: a sum in double, and its two gradients, by seven nested loops. */
function byDefinition(c: Case, x: Float32Array, kernel: Float32Array, dyOf: (count: number) => Float32Array) {
  const [[top, bottom], [left, right]] = c.padding;
  const out = (length: number, around: number, axis: 0 | 1) =>
    Math.floor((length + around - (c.kernel[axis] - 1) * c.dilation[axis] - 1) / c.strides[axis]) + 1;
  const rows = out(c.height, top + bottom, 0);
  const columns = out(c.width, left + right, 1);
  const y = new Float64Array(c.batch * rows * columns * c.outputs);
  const dy = dyOf(y.length);
  const dx = new Float64Array(x.length);
  const dkernel = new Float64Array(kernel.length);
  for (let n = 0; n < c.batch; n++)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++)
        for (let u = 0; u < c.kernel[0]; u++)
          for (let v = 0; v < c.kernel[1]; v++) {
            const row = i * c.strides[0] + u * c.dilation[0] - top;
            const column = j * c.strides[1] + v * c.dilation[1] - left;
            if (row < 0 || row >= c.height || column < 0 || column >= c.width) continue;
            for (let k = 0; k < c.channels; k++)
              for (let o = 0; o < c.outputs; o++) {
                const at = ((n * c.height + row) * c.width + column) * c.channels + k;
                const weight = ((u * c.kernel[1] + v) * c.channels + k) * c.outputs + o;
                const to = ((n * rows + i) * columns + j) * c.outputs + o;
                y[to]! += x[at]! * kernel[weight]!;
                dx[at]! += dy[to]! * kernel[weight]!;
                dkernel[weight]! += dy[to]! * x[at]!;
              }
          }
  return { shape: [c.batch, rows, columns, c.outputs], y, dy, dx, dkernel };
}

function expectClose(actual: tf.Tensor, expected: Float64Array, what: string): void {
  const values = actual.dataSync();
  expect(values.length, what).toBe(expected.length);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
  let worst = 0;
  values.forEach((value, i) => {
    worst = Math.max(
      worst,
      Number.isFinite(value) ? Math.abs(value - expected[i]!) : Number.POSITIVE_INFINITY,
    );
  });
  expect(worst / largest, what).toBeLessThan(1e-5);
}

function check(c: Case): void {
  const key = keyFromSeed(7);
  const x = normalTensor(key, [c.batch, c.height, c.width, c.channels], 0, 1) as tf.Tensor4D;
  const kernel = normalTensor(key, [...c.kernel, c.channels, c.outputs], 0, 1) as tf.Tensor4D;
  let dy: tf.Tensor | null = null;
  const expected = byDefinition(
    c,
    x.dataSync() as Float32Array,
    kernel.dataSync() as Float32Array,
    (count) => {
      dy = normalTensor(keyFromSeed(8), [count], 0, 1);
      return dy.dataSync() as Float32Array;
    },
  );
  const cotangent = tf.reshape(dy as unknown as tf.Tensor, expected.shape);
  const options = { strides: c.strides, padding: c.padding, dilation: c.dilation };
  const { value, grads } = tf.tidy(() => {
    const run = tf.valueAndGrads((...[a, b]: tf.Tensor[]) =>
      convolution(a as tf.Tensor4D, b as tf.Tensor4D, options),
    );
    return run([x, kernel], cotangent as tf.Tensor4D);
  });
  expect(value.shape).toEqual(expected.shape);
  expectClose(value, expected.y, 'output');
  expectClose(grads[0]!, expected.dx, 'input gradient');
  expectClose(grads[1]!, expected.dkernel, 'kernel gradient');
  tf.dispose([x, kernel, value, grads, cotangent, dy as unknown as tf.Tensor]);
}

describe.each(engines)('convolution on %s', (engine) => {
  beforeAll(async () => {
    await useEngine(engine);
  });
  let before = 0;
  beforeAll(() => {
    before = tf.memory().numTensors;
  });
  afterAll(() => {
    expect(tf.memory().numTensors).toBe(before);
  });

  test('and its gradients equal the definition for any stride, padding, dilation and size', () => {
    fc.assert(fc.property(cases, check), { numRuns: engine === 'cpu' ? 100 : 400, seed: 1 });
  });

  test.each([1, 2, 3])('equals the definition on whole tiles and blocks of channels, stride %i', (stride) => {
    for (const [channels, outputs] of [
      [16, 32],
      [12, 20],
      [3, 16],
    ] as const) {
      const padding: Padding = [
        [1, 1],
        [1, 1],
      ];
      const strides = [stride, stride] as const;
      const shape = { batch: 2, height: 17, width: 18, channels, outputs };
      check({ ...shape, kernel: [3, 3], strides, dilation: [1, 1], padding });
      check({ ...shape, kernel: [1, 1], strides, dilation: [1, 1], padding: [[0, 0], [0, 0]] }); // biome-ignore format: as one
    }
  });

  test('equals the definition where a dilated tap lies outside the image altogether', () => {
    const padding: Padding = [
      [12, 12],
      [12, 12],
    ];
    const shape = { batch: 1, height: 7, width: 9, channels: 4, outputs: 5 };
    check({ ...shape, kernel: [3, 3], strides: [1, 1], dilation: [12, 12], padding });
  });

  test('refuses channels that differ', () => {
    const x = tf.zeros([1, 4, 4, 3]) as tf.Tensor4D;
    const kernel = tf.zeros([3, 3, 2, 8]) as tf.Tensor4D;
    const padding: Padding = [
      [1, 1],
      [1, 1],
    ];
    expect(() => convolution(x, kernel, { strides: [1, 1], dilation: [1, 1], padding })).toThrow(
      /the kernel takes 2 channels .* the images have 3/,
    );
    tf.dispose([x, kernel]);
  });
});

/** By the definition, in tfjs's plain ops alone: each tap a slice of the padded image times a row of the kernel. */
function depthwiseByTaps(x: tf.Tensor4D, kernel: tf.Tensor4D, stride: number): tf.Tensor {
  const [n, h, w, c] = x.shape;
  const [kh, kw, , multiplier] = kernel.shape;
  const [rows, columns] = [h - kh + 1, w - kw + 1];
  const taps = Array.from({ length: kh * kw }, (_, tap) => {
    const [u, v] = [Math.floor(tap / kw), tap % kw];
    const seen = tf.slice(x, [0, u, v, 0], [n, rows, columns, c]);
    const weight = tf.reshape(tf.slice(kernel, [u, v, 0, 0], [1, 1, c, multiplier]), [c, multiplier]);
    return tf.reshape(tf.mul(tf.expandDims(seen, 4), weight), [n, rows, columns, c * multiplier]);
  });
  // Every stride-th pixel, by products with rows of the identity: slices with steps have no gradient.
  const every = (length: number) => tf.gather(tf.eye(length), tf.range(0, length, stride, 'int32'));
  const wide = tf.reshape(tf.addN(taps), [n, rows, columns * c * multiplier]);
  const tall = tf.matMul(tf.tile(tf.expandDims(every(rows), 0), [n, 1, 1]), wide);
  const kept = Math.ceil(rows / stride);
  const lines = tf.reshape(tall, [n * kept, columns, c * multiplier]);
  const across = tf.matMul(tf.tile(tf.expandDims(every(columns), 0), [n * kept, 1, 1]), lines);
  return tf.reshape(across, [n, kept, Math.ceil(columns / stride), c * multiplier]);
}

describe.each(engines)('depthwise convolution on %s', (engine) => {
  beforeAll(async () => {
    await useEngine(engine);
  });

  test.each([
    { stride: 1, pad: 0, multiplier: 1 },
    { stride: 1, pad: 1, multiplier: 2 },
    { stride: 2, pad: 1, multiplier: 2 },
    { stride: 2, pad: 0, multiplier: 1 },
    { stride: 3, pad: 2, multiplier: 3 },
  ])('and its gradients equal the definition: %j', ({ stride, pad, multiplier }) => {
    const before = tf.memory().numTensors;
    const x = normalTensor(keyFromSeed(1), [2, 8, 7, 3], 0, 1) as tf.Tensor4D;
    const kernel = normalTensor(keyFromSeed(2), [3, 3, 3, multiplier], 0, 1) as tf.Tensor4D;
    const around: [number, number][] = [[0, 0], [pad, pad], [pad, pad], [0, 0]]; // biome-ignore format: one expression
    const library = (a: tf.Tensor, b: tf.Tensor) =>
      tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, pad, 'NHWC', 1, 'floor');
    const definition = (a: tf.Tensor, b: tf.Tensor) =>
      depthwiseByTaps(tf.pad(a, around) as tf.Tensor4D, b as tf.Tensor4D, stride);
    const [given, expected] = [library, definition].map((run) =>
      tf.tidy(() => {
        const { value, grads } = tf.valueAndGrads((a, b) => tf.square(run(a!, b!)))([x, kernel]);
        return [value, ...grads].map((tensor) => ({ shape: tensor.shape, values: [...tensor.dataSync()] }));
      }),
    );
    expected!.forEach(({ shape, values }, which) => {
      expect(given![which]!.shape).toEqual(shape);
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const worst = values.reduce(
        (most, value, at) => Math.max(most, Math.abs(value - given![which]!.values[at]!)),
        0,
      );
      expect(worst / largest).toBeLessThan(1e-5);
    });
    tf.dispose([x, kernel]);
    expect(tf.memory().numTensors).toBe(before);
  });
});

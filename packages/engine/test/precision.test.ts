import {
  backwardPasses,
  compile,
  keyFromSeed,
  normalTensor,
  type Precision,
  precisionProblem,
  trainingBatchNorm,
  uniformTensor,
  useEngine,
  widened,
} from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';

await useEngine('tensorflow');
const problem = precisionProblem('bfloat16');

/** Half of the distance between neighbouring bfloat16 numbers around 1. */
const unit = 2 ** -8;

const draw = (seed: number, shape: number[]) => normalTensor(keyFromSeed(seed), shape, 0, 1);

/** The nearest bfloat16, ties to even: what IEEE 754 defines, on the bits. */
function rounded(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  const bits = view.getUint32(0);
  view.setUint32(0, (bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000);
  return view.getFloat32(0);
}

/** A tensor whose values bfloat16 holds exactly. */
function exact(x: tf.Tensor): tf.Tensor {
  return tf.tensor(Float32Array.from(x.dataSync(), rounded), x.shape);
}

function run(
  precision: Precision,
  inputs: tf.NamedTensorMap,
  step: (inputs: tf.NamedTensorMap) => tf.NamedTensorMap,
) {
  const compiled = compile((given) => step(given as tf.NamedTensorMap), { precision });
  try {
    return compiled(inputs) as tf.NamedTensorMap;
  } finally {
    compiled.dispose();
  }
}

/** Largest difference, relative to the largest value. */
function gap(a: tf.Tensor, b: tf.Tensor): number {
  return tf.tidy(
    () =>
      tf
        .max(tf.abs(tf.sub(a, b)))
        .div(tf.max(tf.abs(b)))
        .dataSync()[0]!,
  );
}

describe.skipIf(problem !== null)('steps in bfloat16', () => {
  describe.each([
    { kernel: 1, stride: 1, dilation: 1, size: [9, 7] },
    { kernel: 1, stride: 2, dilation: 1, size: [8, 11] },
    { kernel: 2, stride: 1, dilation: 1, size: [8, 9] },
    { kernel: 3, stride: 1, dilation: 1, size: [15, 13] },
    { kernel: 3, stride: 2, dilation: 1, size: [15, 12] },
    { kernel: 3, stride: 3, dilation: 1, size: [16, 13] },
    { kernel: 3, stride: 1, dilation: 2, size: [15, 11] },
    { kernel: 4, stride: 3, dilation: 1, size: [17, 14] },
    { kernel: 5, stride: 2, dilation: 1, size: [13, 17] },
    { kernel: 5, stride: 1, dilation: 3, size: [19, 17] },
    { kernel: 7, stride: 1, dilation: 1, size: [13, 9] },
    { kernel: 7, stride: 3, dilation: 1, size: [19, 15] },
  ])(
    'a convolution of $kernel x $kernel, stride $stride, dilation $dilation',
    ({ kernel, stride, dilation, size }) => {
      const step = ({ x, w, dy }: tf.NamedTensorMap) =>
        backwardPasses(
          () => {
            // Both are made in the pass, as only what is made there can be differentiated.
            const [image, filter] = [tf.mul(x!, 1), tf.mul(w!, 1)];
            const y = tf.conv2d(
              image as tf.Tensor4D,
              filter as tf.Tensor4D,
              stride,
              'same',
              'NHWC',
              dilation,
            );
            return { image, filter, y };
          },
          ({ image, filter, y }, backward): tf.NamedTensorMap => {
            const [dx, dw] = backward(y, [image, filter], dy);
            return { y: tf.clone(y), dx: dx!, dw: dw! };
          },
        );
      const [height, width] = size as [number, number];
      const outputs = [Math.ceil(height / stride), Math.ceil(width / stride)];

      test.each([
        { cin: 16, cout: 32 },
        { cin: 3, cout: 8 },
        { cin: 5, cout: 7 },
      ])(
        'is that in float32 of the same operands, forward and back, for $cin to $cout channels',
        ({ cin, cout }) => {
          tf.tidy(() => {
            const inputs = {
              x: exact(draw(1, [4, height, width, cin])),
              w: exact(draw(2, [kernel, kernel, cin, cout])),
              dy: exact(draw(3, [4, ...outputs, cout] as number[])),
            };
            const [wide, narrow] = [run('float32', inputs, step), run('bfloat16', inputs, step)];
            // Operands are exact and sums are float32: what is left is one rounding of each result.
            for (const name of ['y', 'dx', 'dw'])
              expect(gap(narrow[name]!, wide[name]!), name).toBeLessThan(1.1 * unit);
          });
        },
      );
    },
  );

  test('a product sums in float32', () => {
    tf.tidy(() => {
      const count = 2 ** 20;
      const { y } = run('bfloat16', { a: tf.ones([1, count]), b: tf.ones([count, 1]) }, ({ a, b }) => ({
        y: tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D),
      }));
      // A sum in bfloat16 stops growing at 256.
      expect(y!.dataSync()[0]).toBe(count);
    });
  });

  test('gradients of biases and of norms sum in float32', () => {
    tf.tidy(() => {
      // A million, which bfloat16 does not hold.
      const shape = [10, 250, 400, 2];
      const [count, channels] = [1_000_000, 2];
      const x = exact(draw(4, shape));
      const dy = tf.ones(shape);
      const { bias, beta, gamma } = run(
        'bfloat16',
        { x, dy, b: tf.zeros([channels]), w: tf.eye(channels).reshape([1, 1, channels, channels]) },
        (inputs) =>
          backwardPasses(
            () => {
              const shift = tf.mul(inputs.b!, 1);
              const scale = tf.add(inputs.b!, 1) as tf.Tensor1D;
              const offset = tf.mul(inputs.b!, 1) as tf.Tensor1D;
              const y = tf.add(tf.conv2d(inputs.x as tf.Tensor4D, inputs.w as tf.Tensor4D, 1, 'same'), shift);
              const normed = trainingBatchNorm(y as tf.Tensor4D, scale, offset, 1e-5).y;
              return { shift, scale, offset, y, normed };
            },
            ({ shift, scale, offset, y, normed }, backward): tf.NamedTensorMap => {
              const [ofBias] = backward(y, [shift], inputs.dy);
              const [ofBeta, ofGamma] = backward(normed, [offset, scale], inputs.dy);
              return { bias: ofBias!, beta: ofBeta!, gamma: ofGamma! };
            },
          ),
      );
      expect(Array.from(bias!.dataSync())).toEqual([count, count]);
      expect(Array.from(beta!.dataSync())).toEqual([count, count]);
      // The sum of what is centred, of which only rounding is left.
      for (const sum of gamma!.dataSync()) expect(Math.abs(sum)).toBeLessThan(count * unit * 0.05);
    });
  });

  test('rounds to nearest, ties to even, without a bias', () => {
    tf.tidy(() => {
      const count = 2 ** 18;
      const x = uniformTensor(keyFromSeed(5), [count, 1], 1, 2);
      const ties = tf.tensor2d([1 + unit, 1 + 3 * unit, -1 - unit, 1 + unit * 1.01, 255.5, 257, 259], [7, 1]);
      const through = (given: tf.Tensor) =>
        // A product with one: its operand is rounded, its result is exact.
        run('bfloat16', { x: given }, (inputs) => ({
          y: tf.matMul(inputs.x as tf.Tensor2D, tf.ones([1, 1])),
        })).y!;
      expect(Array.from(through(ties).dataSync())).toEqual(Array.from(ties.dataSync(), rounded));
      const given = x.dataSync();
      const errors = Array.from(through(x).dataSync(), (value, index) => value - given[index]!);
      const mean = errors.reduce((sum, error) => sum + error, 0) / count;
      const deviation = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / count);
      expect(deviation).toBeGreaterThan(0);
      expect(Math.abs(mean)).toBeLessThan((3 * deviation) / Math.sqrt(count));
    });
  });

  test('what follows from parameters alone stays float32, and so do their gradients', () => {
    const left = tf.variable(draw(6, [24, 24]));
    const right = tf.variable(draw(7, [24, 24]));
    tf.tidy(() => {
      const { kernel } = run('bfloat16', { x: draw(8, [4, 24]) }, ({ x }) => {
        const composed = tf.matMul(left as tf.Tensor2D, right as tf.Tensor2D);
        return { kernel: composed, y: tf.matMul(x as tf.Tensor2D, composed) };
      });
      expect(gap(kernel!, tf.matMul(left as tf.Tensor2D, right as tf.Tensor2D))).toBeLessThan(1e-6);
    });
    tf.tidy(() => {
      // The gradient goes through the product that made the kernel: rounded once, at the kernel, and not again.
      const step = ({ x }: tf.NamedTensorMap) =>
        backwardPasses(
          () => ({ y: tf.matMul(x as tf.Tensor2D, tf.matMul(left as tf.Tensor2D, right as tf.Tensor2D)) }),
          ({ y }, backward): tf.NamedTensorMap => ({ gradient: backward(y, [left])[0]! }),
        );
      const inputs = { x: exact(draw(9, [64, 24])) };
      const ones = tf.ones([64, 24]);
      const ofKernel = exact(tf.matMul(inputs.x as tf.Tensor2D, ones as tf.Tensor2D, true, false));
      const expected = tf.matMul(ofKernel as tf.Tensor2D, right as tf.Tensor2D, false, true);
      expect(gap(run('bfloat16', inputs, step).gradient!, expected)).toBeLessThan(1e-5);
    });
    left.dispose();
    right.dispose();
  });

  test('large constants are no data: a kernel composed with them stays float32', () => {
    const size = 96;
    const offset = tf.variable(draw(14, [size, size]));
    const before = draw(15, [size, size]);
    tf.tidy(() => {
      const compose = () =>
        tf.matMul(
          tf.matMul(offset as tf.Tensor2D, tf.add(tf.eye(size), offset) as tf.Tensor2D),
          before as tf.Tensor2D,
        );
      const { kernel } = run('bfloat16', { x: draw(16, [4, size]) }, ({ x }) => {
        const composed = compose();
        return { kernel: composed, y: tf.matMul(x as tf.Tensor2D, composed) };
      });
      expect(gap(kernel!, compose())).toBeLessThan(1e-6);
    });
    tf.dispose([offset, before]);
  });

  test('what follows from sums over the examples stays float32: a covariance, and products with it', () => {
    tf.tidy(() => {
      const cubeOf = (a: tf.Tensor2D) => tf.matMul(tf.matMul(a, a), a);
      const outerOf = (a: tf.Tensor) => tf.matMul(tf.reshape(a, [24, 1]), tf.reshape(a, [1, 24]));
      const step = ({ x }: tf.NamedTensorMap) => {
        const rows = tf.reshape(x!, [-1, 24]) as tf.Tensor2D;
        const [mean, total] = [tf.mean(rows, 0, true) as tf.Tensor2D, tf.sum(x!, [0, 1, 2])];
        const square = tf.div(tf.matMul(rows, rows, true, false), rows.shape[0]) as tf.Tensor2D;
        // Above each other, as moments are handed on.
        const moments = tf.concat([square, mean]) as tf.Tensor2D;
        const second = moments.slice([0, 0], [24, 24]) as tf.Tensor2D;
        const first = moments.slice([24, 0], [1, 24]) as tf.Tensor2D;
        const covariance = tf.sub(second, tf.matMul(first, first, true, false)) as tf.Tensor2D;
        return { covariance, cube: cubeOf(covariance), total, outer: outerOf(total) };
      };
      // Few pixels and many: sums of either are computed in a way of their own.
      for (const side of [2, 32]) {
        const { covariance, cube, total, outer } = run(
          'bfloat16',
          { x: draw(21, [4, side, side, 24]) },
          step,
        );
        expect(gap(cube!, cubeOf(covariance as tf.Tensor2D))).toBeLessThan(1e-6);
        expect(gap(outer!, outerOf(total!))).toBeLessThan(1e-6);
      }
    });
  });

  test('what is widened is exact to float32, and differentiable', () => {
    tf.tidy(() => {
      const x = exact(draw(10, [64, 16]));
      const { loss, gradient } = run('bfloat16', { x, w: exact(draw(11, [16, 8])) }, (inputs) =>
        backwardPasses(
          () => {
            const w = tf.mul(inputs.w!, 1);
            const y = tf.matMul(inputs.x as tf.Tensor2D, w as tf.Tensor2D);
            return { w, loss: tf.sum(tf.square(widened(y))) };
          },
          ({ w, loss }, backward): tf.NamedTensorMap => ({
            loss: tf.clone(loss),
            gradient: backward(loss, [w])[0]!,
          }),
        ),
      );
      const w = exact(draw(11, [16, 8])) as tf.Tensor2D;
      const y = exact(tf.matMul(x as tf.Tensor2D, w)) as tf.Tensor2D;
      expect(gap(loss!, tf.sum(tf.square(y)))).toBeLessThan(1e-6);
      expect(gap(gradient!, tf.matMul(x as tf.Tensor2D, tf.mul(y, 2), true, false))).toBeLessThan(2 * unit);
    });
  });

  test('gives the same twice', () => {
    tf.tidy(() => {
      const inputs = { x: draw(12, [8, 16, 16, 16]), w: draw(13, [3, 3, 16, 16]) };
      const step = ({ x, w }: tf.NamedTensorMap) => ({
        y: tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'),
      });
      expect(run('bfloat16', inputs, step).y!.dataSync()).toEqual(
        run('bfloat16', inputs, step).y!.dataSync(),
      );
    });
  });
});

describe('where bfloat16 cannot be had', () => {
  beforeAll(async () => {
    await useEngine('cpu');
  });

  test('a step in it is refused by name', async () => {
    const step = compile(({ x }) => ({ y: tf.neg(x!) }), { precision: 'bfloat16' });
    expect(() => step({ x: tf.ones([2]) })).toThrow(
      expect.objectContaining({ code: 'precision-unsupported' }),
    );
    const other = compile(({ x }) => ({ y: tf.neg(x!) }), { precision: 'float16' as Precision });
    expect(() => other({ x: tf.ones([2]) })).toThrow(/expected one of float32, bfloat16/);
    await useEngine('tensorflow');
  });
});

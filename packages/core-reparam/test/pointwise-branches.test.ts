import {
  convolution,
  foldKey,
  keyFromSeed,
  normalTensor,
  trainingBatchNorm,
  useEngine,
} from '@overparam/engine';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { gapBetween } from '../src';
import { type PointwiseBranch, sparesPasses, sumPointwise } from '../src/spaces/pointwise-branches';

beforeAll(async () => {
  await useEngine('cpu');
});

const epsilon = 1e-5;
const draw = (name: string, shape: number[], mean = 0, deviation = 1) =>
  normalTensor(foldKey(keyFromSeed(1), name), shape, mean, deviation);

/** Branch for branch: convolution, then a norm by the batch's own statistics. */
function oneByOne(x: Tensor4D, branches: readonly PointwiseBranch[]) {
  const whole = {
    strides: [1, 1],
    dilation: [1, 1],
    padding: [
      [0, 0],
      [0, 0],
    ],
  } as const;
  const parts = branches.map(({ kernel, gamma, beta }) =>
    trainingBatchNorm(kernel ? convolution(x, kernel, whole) : x, gamma, beta, epsilon),
  );
  return { y: tf.addN(parts.map((part) => part.y)), statistics: parts };
}

const cases = [
  { title: 'two kernels and the identity', channels: 4, outputs: 4, kernels: 2, identity: true, mean: 0 },
  { title: 'behind a ReLU', channels: 6, outputs: 6, kernels: 1, identity: true, mean: 'relu' },
  { title: 'more outputs than inputs', channels: 3, outputs: 5, kernels: 2, identity: false, mean: 0 },
  { title: 'far from zero', channels: 4, outputs: 4, kernels: 1, identity: true, mean: 3 },
] as const;

describe.each(cases)(
  'pointwise branches together: $title',
  ({ channels, outputs, kernels, identity, mean }) => {
    const setUp = () => {
      const drawn = draw('x', [3, 6, 5, channels], mean === 'relu' ? 0 : mean);
      const x = (mean === 'relu' ? tf.relu(drawn) : drawn) as Tensor4D;
      const trained = Array.from({ length: kernels }, (_, i) =>
        draw(`k${i}`, [1, 1, channels, outputs], 0, 0.5),
      );
      const norms = Array.from({ length: kernels + (identity ? 1 : 0) }, (_, i) => [
        draw(`g${i}`, [outputs], 1, 0.3),
        draw(`b${i}`, [outputs]),
      ]);
      return { x, values: [x, ...trained, ...norms.flat()], dy: draw('dy', [3, 6, 5, outputs]) };
    };
    const branchesOf = (values: readonly tf.Tensor[]): PointwiseBranch[] => {
      const norms = values.slice(1 + kernels);
      return Array.from({ length: norms.length / 2 }, (_, i) => ({
        kernel: i < kernels ? (values[1 + i] as Tensor4D) : null,
        gamma: norms[2 * i] as Tensor1D,
        beta: norms[2 * i + 1] as Tensor1D,
      }));
    };

    test('are the sum of their norms, with the same statistics', () => {
      tf.tidy(() => {
        const { x, values } = setUp();
        const { y, shift, statistics } = sumPointwise(x, branchesOf(values), epsilon);
        const wanted = oneByOne(x, branchesOf(values));
        expect(gapBetween(y.add(shift), wanted.y)).toBeLessThan(1e-5);
        for (const [index, one] of wanted.statistics.entries()) {
          expect(gapBetween(statistics[index]!.mean, one.mean)).toBeLessThan(1e-5);
          expect(gapBetween(statistics[index]!.variance, one.variance)).toBeLessThan(1e-4);
        }
      });
    });

    test('have the same gradients, by the image, every kernel, gamma and beta', () => {
      tf.tidy(() => {
        const { values, dy } = setUp();
        const gradients = (of: (x: Tensor4D, branches: PointwiseBranch[]) => tf.Tensor) =>
          tf.grads((...given: tf.Tensor[]) => of(given[0] as Tensor4D, branchesOf(given)))(values, dy);
        const own = gradients((x, branches) => {
          const { y, shift } = sumPointwise(x, branches, epsilon);
          return y.add(shift);
        });
        const wanted = gradients((x, branches) => oneByOne(x, branches).y);
        // The gradient by a kernel that a norm follows is small against what it is the difference of.
        for (const [index, one] of wanted.entries()) expect(gapBetween(own[index]!, one)).toBeLessThan(1e-4);
      });
    });
  },
);

test('a channel that never changes has variance 0 and a finite gradient', () => {
  tf.tidy(() => {
    const x = tf.fill([2, 8, 8, 2], 7) as Tensor4D;
    const branches = ['a', 'b'].map((name) => ({
      kernel: draw(name, [1, 1, 2, 2]) as Tensor4D,
      gamma: tf.ones([2]) as Tensor1D,
      beta: tf.zeros([2]) as Tensor1D,
    }));
    const { value, grad } = tf.valueAndGrad((image: tf.Tensor) => {
      const { y, shift } = sumPointwise(image as Tensor4D, branches, epsilon);
      return y.add(shift);
    })(x);
    for (const result of [value, grad]) expect(result.dataSync().every(Number.isFinite)).toBe(true);
  });
});

test('are taken together where that spares passes over images', () => {
  tf.tidy(() => {
    const image = (channels: number) => tf.zeros([4, 16, 16, channels]) as Tensor4D;
    expect(sparesPasses(image(16), 2)).toBe(true);
    expect(sparesPasses(image(16), 1)).toBe(false);
    // 1024 pixels are few for 128 channels.
    expect(sparesPasses(image(128), 2)).toBe(false);
  });
});

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { convolution, keyFromSeed, normalTensor, useEngine } from '../src';

const engines = await Promise.all(
  (['cpu', 'wasm', 'tensorflow'] as const).map((name) =>
    useEngine(name).then(
      () => [name],
      () => [],
    ),
  ),
);

/** Each group by itself, side by side. */
function apart(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  groups: number,
  options: Parameters<typeof convolution>[2],
) {
  const images = tf.split(x, groups, 3) as tf.Tensor4D[];
  const kernels = tf.split(kernel, groups, 3) as tf.Tensor4D[];
  return tf.concat(
    images.map((image, index) => convolution(image, kernels[index]!, options)),
    3,
  );
}

const cases = [
  ['one channel a group', 4, 4, 4, 1],
  ['one channel in, two out', 4, 4, 8, 1],
  ['two channels in, one out', 8, 4, 4, 2],
  ['three in, two out', 6, 2, 4, 1],
] as const;

describe.each(engines.flat())('%s', (engine) => {
  beforeAll(async () => {
    await useEngine(engine);
  });

  test.each(cases)(
    'a convolution in groups is one for each, gradients included: %s',
    (_, cin, groups, cout, dilation) => {
      const key = keyFromSeed(5);
      const options = {
        strides: [1, 1],
        dilation: [dilation, dilation],
        padding: [
          [2, 1],
          [0, 2],
        ],
      } as const;
      tf.tidy(() => {
        const x = normalTensor(key, [2, 7, 8, cin], 0, 1) as tf.Tensor4D;
        const kernel = normalTensor([key[0], 9], [3, 3, cin / groups, cout], 0, 1) as tf.Tensor4D;
        const joint = (a: tf.Tensor, b: tf.Tensor) =>
          convolution(a as tf.Tensor4D, b as tf.Tensor4D, { ...options, groups });
        const each = (a: tf.Tensor, b: tf.Tensor) =>
          apart(a as tf.Tensor4D, b as tf.Tensor4D, groups, options);
        const y = joint(x, kernel);
        const dy = normalTensor([key[0], 10], y.shape, 0, 1);
        const near = (a: tf.Tensor, b: tf.Tensor) =>
          expect(a.sub(b).abs().max().dataSync()[0]).toBeLessThan(1e-4);
        near(y, each(x, kernel));
        const [mine, theirs] = [joint, each].map((run) => tf.grads(run)([x, kernel], dy));
        near(mine![0]!, theirs![0]!);
        near(mine![1]!, theirs![1]!);
      });
    },
  );
});

test('groups that do not share channels out evenly are refused', () => {
  const options = {
    strides: [1, 1],
    dilation: [1, 1],
    padding: [
      [0, 0],
      [0, 0],
    ],
  } as const;
  tf.tidy(() => {
    const x = tf.zeros([1, 3, 3, 4]) as tf.Tensor4D;
    expect(() => convolution(x, tf.zeros([1, 1, 1, 6]), { ...options, groups: 4 })).toThrow(
      '4 groups do not share 6',
    );
    expect(() => convolution(x, tf.zeros([1, 1, 1, 6]), { ...options, groups: 2 })).toThrow(
      'takes 2 channels',
    );
  });
});

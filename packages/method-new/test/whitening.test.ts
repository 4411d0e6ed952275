import { collapse, expand, forward, parametersOf, statesOf } from '@overparam/core-reparam';
import { foldKey, keyFromSeed, normalTensor, useEngine } from '@overparam/engine';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { trirep } from '../src';
import { covarianceOf, groupSize, ridgeOf, whiteningFrame } from '../src/whitening';

beforeAll(async () => {
  await useEngine('wasm');
});

const options = { frames: 'whitening', branches: { pointwise: false, identity: false } };

/** Images whose channels depend on each other: noise, mixed by a matrix. */
function images(shape: [number, number, number, number], seed = 4): Tensor4D {
  return tf.tidy(() => {
    const [, , , channels] = shape;
    const key = keyFromSeed(seed);
    const noise = normalTensor(foldKey(key, 'noise'), [shape[0] * shape[1] * shape[2], channels], 0, 1);
    const mixing = normalTensor(foldKey(key, 'mixing'), [channels, channels], 0, 1);
    return tf
      .matMul(noise as tf.Tensor2D, mixing as tf.Tensor2D)
      .add(0.5)
      .reshape(shape) as Tensor4D;
  });
}

const largest = (x: tf.Tensor) => tf.tidy(() => x.abs().max().dataSync()[0]!);

describe('the frame that whitens', () => {
  test.each([1, 3, 16, 64])(
    'of %i channels, V A V is the identity, and V symmetric with positive eigenvalues',
    (channels) => {
      tf.tidy(() => {
        const a = covarianceOf(images([4, 16, 16, channels]));
        const v = whiteningFrame(a);
        const identity = tf.matMul(tf.matMul(v, a), v).sub(tf.eye(channels));
        expect(largest(identity)).toBeLessThan(2e-4);
        expect(largest(v.sub(v.transpose([0, 2, 1])))).toBeLessThan(2e-4);
        // Of all square roots the positive one: x^T V x > 0.
        const x = normalTensor(keyFromSeed(9), [channels, 20], 0, 1) as tf.Tensor2D;
        const forms = tf
          .matMul(v.reshape([channels, channels]) as tf.Tensor2D, x)
          .mul(x)
          .sum(0);
        expect(Math.min(...forms.dataSync())).toBeGreaterThan(0);
      });
    },
  );

  test('of a diagonal covariance is its closed form', () => {
    tf.tidy(() => {
      const v = whiteningFrame(
        tf.tensor3d([
          [
            [4, 0],
            [0, 0.25],
          ],
        ]),
      ).dataSync();
      for (const [at, value] of [0.5, 0, 0, 2].entries()) expect(v[at]).toBeCloseTo(value, 5);
    });
  });

  test('A is the covariance over the mean variance, and a tenth on the diagonal, by hand', () => {
    tf.tidy(() => {
      const x = images([2, 4, 4, 3]);
      const rows = x.reshape([32, 3]).arraySync() as number[][];
      const mean = [0, 1, 2].map((c) => rows.reduce((sum, row) => sum + row[c]!, 0) / 32);
      const s = [0, 1, 2].map((i) =>
        [0, 1, 2].map(
          (j) => rows.reduce((sum, row) => sum + (row[i]! - mean[i]!) * (row[j]! - mean[j]!), 0) / 32,
        ),
      );
      const spread = (s[0]![0]! + s[1]![1]! + s[2]![2]!) / 3;
      const found = (covarianceOf(x).arraySync() as number[][][])[0]!;
      for (const i of [0, 1, 2])
        for (const j of [0, 1, 2])
          expect(found[i]![j]).toBeCloseTo(s[i]![j]! / spread + (i === j ? 0.1 : 0), 4);
    });
  });

  test('of few pixels a channel it whitens less: of one pixel, whose covariance is 0, all variances are the ridge', () => {
    expect([ridgeOf(64, 64 * 10), ridgeOf(64, 64), ridgeOf(64, 48)]).toEqual([0.1, 1, 64 / 48]);
    tf.tidy(() => {
      // Two images of one pixel: one direction d has variance, and A is d d^T / s + (size / 2) I.
      const x = tf.tensor4d([1, 0, 0, 0, 3, 0, 0, 0], [2, 1, 1, 4]);
      const a = covarianceOf(x).dataSync();
      const wanted = tf.eye(4).mul(2).arraySync() as number[][];
      wanted[0]![0]! += 4;
      for (const [at, value] of wanted.flat().entries()) expect(a[at]).toBeCloseTo(value, 5);
    });
  });

  test('its gradient is that of finite differences', () => {
    const x = images([2, 4, 4, 3]);
    const weigh = normalTensor(keyFromSeed(6), [1, 3, 3], 0, 1) as Tensor3D;
    const value = (given: tf.Tensor) =>
      whiteningFrame(covarianceOf(given as Tensor4D))
        .mul(weigh)
        .sum()
        .asScalar();
    const gradient = tf.grad(value)(x);
    const direction = normalTensor(keyFromSeed(7), x.shape, 0, 1);
    const [along] = tf.tidy(() => gradient.mul(direction).sum()).dataSync();
    const h = 1e-2;
    const [by] = tf
      .tidy(() =>
        value(x.add(direction.mul(h)))
          .sub(value(x.sub(direction.mul(h))))
          .div(2 * h),
      )
      .dataSync();
    expect(Math.abs(along! - by!)).toBeLessThan(2e-3 * Math.max(1, Math.abs(by!)));
    tf.dispose([x, weigh, gradient, direction]);
  });

  test('more channels than are whitened together are parted into equal groups', () => {
    expect([1, 3, 64, 65, 96, 128, 192, 67].map(groupSize)).toEqual([1, 3, 64, 13, 48, 64, 64, 1]);
    const a = tf.tidy(() => covarianceOf(images([1, 8, 8, 128])));
    expect(a.shape).toEqual([2, 64, 64]);
    a.dispose();
  });
});

describe('a layer with it', () => {
  function layer(channels: number) {
    const conv = tf.layers.conv2d({
      name: 'a',
      inputShape: [6, 6, channels],
      filters: 5,
      kernelSize: 3,
      padding: 'same',
      useBias: false,
    });
    const source = tf.sequential({ layers: [conv] });
    const kernel = source.getWeights()[0]!.clone() as Tensor4D;
    const model = expand(source, { method: trirep, options, key: keyFromSeed(3) });
    source.dispose();
    return { model, kernel };
  }

  test.each([4, 96])(
    'of %i channels convolves what is whitened by what runs along, in training the batch in it',
    (channels) => {
      const { model, kernel } = layer(channels);
      const x = images([4, 6, 6, channels]);
      const weights = Object.fromEntries(
        [...parametersOf(model), ...statesOf(model)].map(({ name, variable }) => [name, variable]),
      );
      const size = groupSize(channels);
      const whitened = (a: Tensor3D) => {
        const v = whiteningFrame(a);
        const parts = Array.from({ length: channels / size }, (_, group) =>
          tf.matMul(
            x.slice([0, 0, 0, group * size], [-1, -1, -1, size]).reshape([-1, size]),
            v.slice([group, 0, 0], [1, -1, -1]).reshape([size, size]),
          ),
        );
        return tf.concat(parts, 1).reshape(x.shape) as Tensor4D;
      };
      // It begins as the layer that was given.
      const [first] = forward(model, x, { mode: 'infer' });
      const asGiven = tf.conv2d(x, kernel, 1, 'same');
      expect(largest(first!.sub(asGiven))).toBeLessThan(1e-4 * largest(asGiven));
      const batch = covarianceOf(x);
      const [found] = forward(model, x, { mode: 'train', momentum: 0.75 });
      const ran = weights['a/covariance']! as unknown as Tensor3D;
      const moved = tf.tidy(() => batch.mul(0.25).add(tf.eye(size).mul(0.75)).sub(ran));
      expect(largest(moved)).toBeLessThan(1e-5 * largest(batch));
      const inferred = tf.conv2d(whitened(ran), kernel, 1, 'same');
      const [again] = forward(model, x, { mode: 'infer' });
      expect(largest(again!.sub(inferred))).toBeLessThan(1e-4 * largest(inferred));
      expect(largest(found!.sub(inferred))).toBeLessThan(1e-4 * largest(inferred));
      const { model: deployed, report } = collapse(model);
      expect(report.gap).toBeLessThan(1e-5);
      expect(deployed.countParams()).toBe(kernel.size);
      tf.dispose([x, kernel, first!, asGiven, batch, found!, moved, inferred, again!]);
      deployed.dispose();
      model.dispose();
    },
  );

  test.each([
    [2, 32 / 34],
    [8, 32 / 40],
  ])('remembers images and not batches: of %i images', (count, stays) => {
    const { model, kernel } = layer(4);
    const x = images([count, 6, 6, 4]);
    const [y] = forward(model, x, { mode: 'train' });
    const ran = statesOf(model).find(({ name }) => name === 'a/covariance')!.variable;
    const gap = tf.tidy(() =>
      covarianceOf(x)
        .mul(1 - stays)
        .add(tf.eye(4).mul(stays))
        .sub(ran),
    );
    expect(largest(gap)).toBeLessThan(1e-5);
    tf.dispose([x, kernel, y!, gap]);
    model.dispose();
  });

  test('hands gradients on as if the batch were all that its frame follows', () => {
    const { model, kernel } = layer(4);
    const x = images([4, 6, 6, 4]);
    const weigh = normalTensor(keyFromSeed(8), [4, 6, 6, 5], 0, 1);
    const batch = covarianceOf(x);
    const ran = tf.tidy(() => batch.mul(0.25).add(tf.eye(4).mul(0.75))) as Tensor3D;
    const byHand = tf.grad((given) => {
      const a = ran.add(covarianceOf(given as Tensor4D).sub(batch)) as Tensor3D;
      const v = whiteningFrame(a).reshape([1, 1, 4, 4]) as Tensor4D;
      return tf
        .conv2d(tf.conv2d(given as Tensor4D, v, 1, 'same'), kernel, 1, 'same')
        .mul(weigh)
        .sum()
        .asScalar();
    })(x);
    const found = tf.grad((given) =>
      forward(model, given, { mode: 'train', momentum: 0.75, updateStatistics: false })[0]!
        .mul(weigh)
        .sum()
        .asScalar(),
    )(x);
    expect(largest(found.sub(byHand))).toBeLessThan(1e-4 * largest(byHand));
    tf.dispose([kernel, x, weigh, batch, ran, byHand, found]);
    model.dispose();
  });

  test('where nothing comes in, nothing breaks', () => {
    const { model, kernel } = layer(4);
    const x = tf.zeros([2, 6, 6, 4]) as Tensor4D;
    const [found] = forward(model, x, { mode: 'train' });
    expect(largest(found!)).toBe(0);
    tf.dispose([x, kernel, found!]);
    model.dispose();
  });
});

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { registerTensorflow } from '../src';
import type { TensorFlowBackend } from '../src/backend/backend';
import { filterGradientByProducts } from '../src/kernels/filter-products';
import { geometry, type Shape4D } from '../src/kernels/geometry';
import { libraryIsThere } from './library';

interface Case {
  readonly images: Shape4D;
  readonly filter: Shape4D;
  readonly strides: [number, number];
  readonly dilations: [number, number];
  readonly pad: 'same' | 'valid' | number;
}

const infoOf = ({ images, filter, strides, dilations, pad }: Case) =>
  tf.backend_util.computeConv2DInfo(images, filter, strides, dilations, pad, 'floor');

/** The definition: every pixel that a tap sees, in doubles. */
function byDefinition(given: Case, x: tf.Tensor4D, dy: tf.Tensor4D): number[] {
  const [kh, kw, cin, cout] = given.filter;
  const [n, h, w] = given.images;
  const { outHeight, outWidth, padInfo } = infoOf(given);
  const [images, gradients] = [x.dataSync(), dy.dataSync()];
  const result: number[] = new Array(kh * kw * cin * cout).fill(0);
  for (let image = 0; image < n; image++)
    for (let row = 0; row < outHeight; row++)
      for (let column = 0; column < outWidth; column++)
        for (let i = 0; i < kh; i++)
          for (let j = 0; j < kw; j++) {
            const r = row * given.strides[0] + i * given.dilations[0] - padInfo.top;
            const c = column * given.strides[1] + j * given.dilations[1] - padInfo.left;
            if (r < 0 || r >= h || c < 0 || c >= w) continue;
            const [from, at] = [
              ((image * h + r) * w + c) * cin,
              ((image * outHeight + row) * outWidth + column) * cout,
            ];
            for (let a = 0; a < cin; a++)
              for (let b = 0; b < cout; b++)
                result[((i * kw + j) * cin + a) * cout + b]! += images[from + a]! * gradients[at + b]!;
          }
  return result;
}

const cases: readonly Case[] = [
  { images: [2, 5, 7, 3], filter: [3, 3, 3, 4], strides: [1, 1], dilations: [1, 1], pad: 'same' },
  { images: [2, 8, 8, 4], filter: [3, 3, 4, 5], strides: [2, 2], dilations: [1, 1], pad: 1 },
  { images: [1, 9, 6, 2], filter: [3, 2, 2, 3], strides: [2, 3], dilations: [1, 1], pad: 'same' },
  { images: [2, 7, 9, 3], filter: [1, 1, 3, 4], strides: [2, 2], dilations: [1, 1], pad: 'valid' },
  // The last pixels are not looked at.
  { images: [1, 11, 10, 2], filter: [2, 2, 2, 2], strides: [3, 3], dilations: [1, 1], pad: 'valid' },
  { images: [1, 9, 9, 2], filter: [3, 3, 2, 2], strides: [1, 1], dilations: [2, 3], pad: 'same' },
  { images: [1, 12, 11, 2], filter: [3, 3, 2, 2], strides: [2, 3], dilations: [3, 2], pad: 'same' },
  { images: [1, 4, 4, 2], filter: [7, 5, 2, 2], strides: [1, 1], dilations: [1, 1], pad: 'same' },
];

describe.skipIf(!libraryIsThere())("a convolution's gradient by its filter, as products", () => {
  beforeAll(async () => {
    registerTensorflow();
    await tf.setBackend('tensorflow');
  });

  test.each(cases)('%j: as defined, step by step and compiled', (given) => {
    const { outHeight, outWidth } = infoOf(given);
    const x = tf.randomNormal(given.images, 0, 1, 'float32', 1) as tf.Tensor4D;
    const dy = tf.randomNormal([given.images[0], outHeight, outWidth, given.filter[3]], 0, 1, 'float32', 2);
    const expected = byDefinition(given, x, dy as tf.Tensor4D);
    const backend = tf.backend() as unknown as TensorFlowBackend;
    const { strides, dilations, pad } = given;
    const attributes = { strides, dilations, pad, dimRoundingMode: 'floor' };
    const form = geometry(given.images, given.filter, attributes, false, 'valid');
    const gradient = (inputs: Readonly<Record<string, tf.Tensor>>) => ({
      filter: tf.tidy(() =>
        filterGradientByProducts(backend, { x: inputs.x!, dy: inputs.dy! }, given.filter, form),
      ),
    });
    const compiled = backend.compileStep(gradient);
    const scale = Math.max(...expected.map(Math.abs));
    for (const { filter } of [gradient({ x, dy }), compiled({ x, dy })]) {
      expect(filter!.shape).toEqual(given.filter);
      const worst = Math.max(
        ...Array.from(filter!.dataSync(), (value, at) => Math.abs(value - expected[at]!)),
      );
      expect(worst / scale).toBeLessThan(1e-5);
      filter!.dispose();
    }
    compiled.dispose();
    tf.dispose([x, dy]);
  });
});

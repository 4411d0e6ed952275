import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { registerTensorflow } from '../src';
import type { TensorFlowBackend } from '../src/backend/backend';
import { filterGradientByTaps } from '../src/kernels/filter-taps';
import { libraryIsThere } from './library';

type Shape = [number, number, number, number];

/** The definition: every pixel that a tap sees, in doubles. */
function byDefinition(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  [kh, kw, cin, cout]: Shape,
  dilation: number,
): number[] {
  const [n, h, w] = x.shape;
  const [images, gradients] = [x.dataSync(), dy.dataSync()];
  const result: number[] = new Array(kh * kw * cin * cout).fill(0);
  for (let image = 0; image < n; image++)
    for (let row = 0; row < h; row++)
      for (let column = 0; column < w; column++)
        for (let i = 0; i < kh; i++)
          for (let j = 0; j < kw; j++) {
            const r = row + (i - (kh - 1) / 2) * dilation;
            const c = column + (j - (kw - 1) / 2) * dilation;
            if (r < 0 || r >= h || c < 0 || c >= w) continue;
            const [from, at] = [((image * h + r) * w + c) * cin, ((image * h + row) * w + column) * cout];
            for (let a = 0; a < cin; a++)
              for (let b = 0; b < cout; b++)
                result[((i * kw + j) * cin + a) * cout + b]! += images[from + a]! * gradients[at + b]!;
          }
  return result;
}

describe.skipIf(!libraryIsThere())("a convolution's gradient by its filter, tap by tap", () => {
  beforeAll(async () => {
    registerTensorflow();
    await tf.setBackend('tensorflow');
  });

  test.each<[Shape, Shape, number]>([
    [[1, 5, 7, 16], [3, 3, 16, 4], 1],
    [[3, 6, 4, 16], [3, 3, 16, 16], 1],
    [[2, 8, 8, 32], [5, 3, 32, 3], 1],
    [[2, 9, 8, 16], [3, 3, 16, 5], 2],
    // Taps that see nothing: the dilated filter is larger than the image.
    [[2, 3, 2, 16], [3, 3, 16, 2], 4],
    [[1, 4, 4, 3], [1, 5, 3, 2], 1],
  ])(
    'images %j, filter %j, dilation %i: as defined, step by step and compiled',
    (images, filter, dilation) => {
      const x = tf.randomNormal(images, 0, 1, 'float32', 1) as tf.Tensor4D;
      const [n, h, w] = images;
      const dy = tf.randomNormal([n, h, w, filter[3]], 0, 1, 'float32', 2) as tf.Tensor4D;
      const expected = byDefinition(x, dy, filter, dilation);
      const scale = Math.max(...expected.map(Math.abs));
      const backend = tf.backend() as unknown as TensorFlowBackend;
      const gradient = (inputs: Readonly<Record<string, tf.Tensor>>) => ({
        filter: tf.tidy(() =>
          filterGradientByTaps(
            backend,
            { x: inputs.x!, dy: inputs.dy! },
            { filter, dilation: [dilation, dilation] },
          ),
        ),
      });
      const compiled = backend.compileStep(gradient);
      for (const { filter: found } of [gradient({ x, dy }), compiled({ x, dy })]) {
        expect(found!.shape).toEqual(filter);
        const worst = Math.max(
          ...Array.from(found!.dataSync(), (value, at) => Math.abs(value - expected[at]!)),
        );
        expect(worst / scale).toBeLessThan(1e-5);
        found!.dispose();
      }
      compiled.dispose();
      tf.dispose([x, dy]);
    },
  );

  test('in a compiled step, images that are made again are, and large ones wait for each other', () => {
    // Two convolutions in a row on images that are unpooled, so that the backward pass needs those again.
    const [values, places] = [
      tf.randomUniform([1, 4, 4, 16], 0, 1, 'float32', 3),
      tf.floor(tf.randomUniform([1, 4, 4, 16], 0, 4, 'float32', 4)),
    ];
    const backend = tf.backend() as unknown as TensorFlowBackend;
    const step = (inputs: Readonly<Record<string, tf.Tensor>>) => {
      const image = tf.engine().runKernel('PutPlace2x2', {
        values: inputs.values!,
        places: inputs.places!,
      }) as tf.Tensor;
      const options = { filter: [3, 3, 16, 16], dilation: [1, 1] } as const;
      const first = filterGradientByTaps(backend, { x: image, dy: tf.square(image) }, options);
      const second = filterGradientByTaps(backend, { x: image, dy: tf.relu(tf.sub(image, 0.5)) }, options);
      return { first: tf.keep(first), second: tf.keep(second) };
    };
    const eager = step({ values, places });
    const compiled = backend.compileStep(step);
    const results = compiled({ values, places });
    for (const name of ['first', 'second'] as const) {
      const [one, other] = [eager[name].dataSync(), results[name]!.dataSync()];
      expect(Math.max(...one.map((value, at) => Math.abs(value - other[at]!)))).toBeLessThan(1e-5);
      expect(Math.max(...one)).toBeGreaterThan(0.1);
    }
    compiled.dispose();
    tf.dispose([values, places, ...Object.values(eager), ...Object.values(results)]);
  });
});

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { TensorFlowBackend } from '../src/backend/backend';
import { Graph } from '../src/compile/graph';
import { registerTensorflow } from '../src/index';
import { libraryIsThere } from './library';

type Shape = [number, number, number, number];

/** The definitions, window by window: the first largest value, and where in the image each place is. */
function byDefinition(x: Float32Array, [n, h, w, c]: Shape) {
  const values: number[] = [];
  const places: number[] = [];
  const offsets: number[] = [];
  for (let image = 0; image < n; image++)
    for (let row = 0; row < h; row += 2)
      for (let column = 0; column < w; column += 2)
        for (let channel = 0; channel < c; channel++) {
          const at = [0, 1, 2, 3].map(
            (place) => ((image * h + row + (place >> 1)) * w + column + (place & 1)) * c + channel,
          );
          let best = 0;
          for (let place = 1; place < 4; place++) if (x[at[place]!]! > x[at[best]!]!) best = place;
          values.push(x[at[best]!]!);
          places.push(best);
          offsets.push(at[best]!);
        }
  return { values, places, offsets };
}

/** Noise in steps of a half, so that many windows have equals, and whole ones of nothing but zeros. */
function imageOf(shape: Shape, seed: number): tf.Tensor4D {
  return tf.tidy(() => {
    const noise = tf.round(tf.mul(tf.randomNormal(shape, 0, 1, 'float32', seed), 2));
    return tf.relu(tf.div(noise, 2)) as tf.Tensor4D;
  });
}

function run(name: string, inputs: Record<string, tf.Tensor>): tf.Tensor[] {
  const outputs = tf.engine().runKernel(name, inputs) as tf.Tensor | tf.Tensor[];
  return Array.isArray(outputs) ? outputs : [outputs];
}

describe.skipIf(!libraryIsThere())('pooling with places', () => {
  beforeAll(async () => {
    registerTensorflow();
    await tf.setBackend('tensorflow');
  });

  const all = ({ x, values }: Readonly<Record<string, tf.Tensor>>) => {
    const [largest, places] = run('MaxPlace2x2', { x: x! });
    const [image] = run('PutPlace2x2', { values: values!, places: places! });
    const [taken] = run('TakePlace2x2', { x: x!, places: places! });
    return { largest: largest!, places: places!, image: image!, taken: taken! };
  };

  test.each<Shape>([
    [1, 2, 2, 1],
    [2, 4, 6, 3],
    [3, 18, 10, 17],
    [2, 12, 8, 64],
  ])('equals the definition to the bit, the first of equals, plain and compiled: %i %i %i %i', (...shape) => {
    const before = tf.memory().numTensors;
    const x = imageOf(shape, 3);
    const [n, h, w, c] = shape;
    const values = tf.randomNormal([n, h / 2, w / 2, c], 0, 1, 'float32', 4);
    const expected = byDefinition(x.dataSync() as Float32Array, shape);
    const given = values.dataSync();
    const image = new Float32Array(x.size);
    expected.offsets.forEach((offset, index) => {
      image[offset] = given[index]!;
    });
    const step = (tf.backend() as unknown as TensorFlowBackend).compileStep(all);
    for (const outputs of [tf.tidy(() => all({ x, values })), step({ x, values })]) {
      expect(outputs.places!.shape).toEqual([n, h / 2, w / 2, c]);
      expect(outputs.image!.shape).toEqual(shape);
      expect(outputs.largest!.dataSync()).toEqual(Float32Array.from(expected.values));
      expect(outputs.places!.dataSync()).toEqual(Float32Array.from(expected.places));
      expect(outputs.taken!.dataSync()).toEqual(Float32Array.from(expected.values));
      expect(outputs.image!.dataSync()).toEqual(image);
      tf.dispose(outputs as tf.NamedTensorMap);
    }
    step.dispose();
    tf.dispose([x, values]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a compiled convolution of an image put together has the gradients that it has uncompiled', () => {
    const shape: Shape = [2, 6, 4, 3];
    const places = run('MaxPlace2x2', { x: imageOf([2, 12, 8, 3], 5) })[1]!;
    const [values, kernel, target] = [
      tf.variable(tf.randomNormal(shape, 0, 1, 'float32', 6)),
      tf.variable(tf.randomNormal([3, 3, 3, 5], 0, 1, 'float32', 7)),
      tf.randomNormal([2, 12, 8, 5], 0, 1, 'float32', 8),
    ] as const;
    const put = tf.customGrad((x) => ({
      value: run('PutPlace2x2', { values: x as tf.Tensor, places })[0]!,
      gradFunc: (dy: tf.Tensor) => run('TakePlace2x2', { x: dy, places })[0]!,
    }));
    const gradients = () => {
      const convolved = () => tf.conv2d(put(values) as tf.Tensor4D, kernel as tf.Tensor4D, 1, 'same');
      const loss = () => tf.sum(tf.mul(convolved(), target)) as tf.Scalar;
      const { grads } = tf.variableGrads(loss, [values, kernel]);
      return { values: grads[values.name]!, kernel: grads[kernel.name]! };
    };
    const ops = vi.spyOn(Graph.prototype, 'add');
    const step = (tf.backend() as unknown as TensorFlowBackend).compileStep(gradients);
    const [expected, compiled] = [gradients(), step({})];
    const names = ops.mock.calls.map(([name]) => name);
    ops.mockRestore();
    for (const name of ['values', 'kernel'] as const) {
      const largest = tf.max(tf.abs(expected[name])).dataSync()[0]!;
      const difference = tf.max(tf.abs(tf.sub(compiled[name]!, expected[name]))).dataSync()[0]!;
      expect(largest).toBeGreaterThan(0.1);
      expect(difference / largest).toBeLessThan(1e-6);
    }
    // The image is made once for the convolution, and again for the gradient of its kernel.
    expect(names.filter((name) => name === 'SelectV2')).toHaveLength(2);
    step.dispose();
  });

  test('puts infinite values at their places and zeros elsewhere, and lets no NaN go unnoticed', () => {
    const places = tf.tensor4d([3], [1, 1, 1, 1]);
    const [image] = run('PutPlace2x2', {
      values: tf.tensor4d([Number.NEGATIVE_INFINITY], [1, 1, 1, 1]),
      places,
    });
    expect([...image!.dataSync()]).toEqual([0, 0, 0, Number.NEGATIVE_INFINITY]);
    for (const place of [0, 1, 2, 3]) {
      const x = tf.tensor4d(
        [0, 1, 2, 3].map((at) => (at === place ? Number.NaN : at)),
        [1, 2, 2, 1],
      );
      expect(run('MaxPlace2x2', { x })[0]!.dataSync()[0]).toBeNaN();
    }
  });
});

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { TensorFlowBackend } from '../src/backend/backend';
import { registerTensorflow } from '../src/index';
import { libraryIsThere } from './library';

interface Case {
  readonly shape: number[];
  readonly indices: number[] | number[][];
  readonly axis: number;
  readonly batchDims: number;
}

const values = (shape: readonly number[]) =>
  tf.reshape(tf.range(0, tf.util.sizeFromShape([...shape])), [...shape]);
const gathered = ({ axis, batchDims }: Case, x: tf.Tensor, indices: tf.Tensor) =>
  tf.gather(x, indices as tf.Tensor1D, axis, batchDims);
const compile: TensorFlowBackend['compileStep'] = (step) =>
  (tf.backend() as unknown as TensorFlowBackend).compileStep(step);

describe.skipIf(!libraryIsThere())('gather', () => {
  beforeAll(async () => {
    registerTensorflow();
    await tf.setBackend('tensorflow');
  });

  test.each<Case>([
    { shape: [5], indices: [4, 0, 0], axis: 0, batchDims: 0 },
    {
      shape: [4, 3],
      indices: [
        [3, 0],
        [1, 1],
      ],
      axis: 0,
      batchDims: 0,
    },
    { shape: [2, 3, 4], indices: [2, 0], axis: 1, batchDims: 0 },
    {
      shape: [2, 3, 4],
      indices: [
        [3, 1],
        [0, 0],
      ],
      axis: -1,
      batchDims: 0,
    },
    {
      shape: [2, 3, 4],
      indices: [
        [2, 1],
        [0, 2],
      ],
      axis: 1,
      batchDims: 1,
    },
    {
      shape: [2, 3, 4],
      indices: [
        [2, 1],
        [0, 2],
      ],
      axis: 2,
      batchDims: 1,
    },
    {
      shape: [2, 2, 4],
      indices: [
        [2, 1],
        [0, 3],
      ],
      axis: 2,
      batchDims: -1,
    },
  ])('gives what the backend cpu gives, plain and compiled: %j', async (given) => {
    const compute = () => gathered(given, values(given.shape), tf.tensor(given.indices, undefined, 'int32'));
    await tf.setBackend('cpu');
    const expected = compute();
    const [shape, numbers] = [expected.shape, expected.dataSync()];
    await tf.setBackend('tensorflow');
    const step = compile(({ x, indices }) => ({ y: gathered(given, x!, indices!) }));
    const inputs = { x: values(given.shape), indices: tf.tensor(given.indices, undefined, 'int32') };
    for (const y of [compute(), step(inputs).y!, step(inputs).y!]) {
      expect(y.shape).toEqual(shape);
      expect(y.dataSync()).toEqual(numbers);
    }
    step.dispose();
  });

  test('has its gradient in a compiled step, which takes other indices without another trace', () => {
    const weight = tf.variable(tf.zeros([3, 2]));
    let traces = 0;
    const step = compile(({ indices }) => {
      traces++;
      const { grads } = tf.variableGrads(
        () => tf.sum(tf.gather(weight, indices as tf.Tensor1D)) as tf.Scalar,
      );
      return { gradient: grads[weight.name]! };
    });
    const gradient = (indices: number[]) => [
      ...step({ indices: tf.tensor1d(indices, 'int32') }).gradient!.dataSync(),
    ];
    expect(gradient([2, 0, 2])).toEqual([1, 1, 0, 0, 2, 2]);
    expect(gradient([1, 1, 1])).toEqual([0, 0, 3, 3, 0, 0]);
    expect(traces).toBe(1);
    step.dispose();
    weight.dispose();
  });

  test.each([[7], [-1]])('refuses the index %i of three, plain and compiled', (index) => {
    const inputs = { x: tf.tensor1d([1, 2, 3]), indices: tf.tensor1d([0, index], 'int32') };
    expect(() => tf.gather(inputs.x, inputs.indices)).toThrow(`the index value ${index} is not in [0, 2]`);
    const step = compile(({ x, indices }) => ({ y: tf.gather(x!, indices as tf.Tensor1D) }));
    expect(() => step(inputs).y!.dataSync()).toThrow(new RegExp(`${index} is not in \\[0, 3\\)`));
    step.dispose();
  });
});

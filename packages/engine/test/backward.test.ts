import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { backwardPasses, compile, convolution, trainingBatchNorm, useEngine } from '../src';

beforeAll(() => useEngine('cpu'));

const values = (count: number, phase: number) =>
  Float32Array.from({ length: count }, (_, index) => Math.sin(index * 0.7 + phase));

const options = {
  strides: [1, 1],
  dilation: [1, 1],
  padding: [
    [1, 1],
    [1, 1],
  ],
} as const;

function network() {
  const kernel = tf.variable(tf.tensor4d(values(3 * 3 * 2 * 4, 0), [3, 3, 2, 4]));
  const heads = [1, 2].map((phase) => tf.variable(tf.tensor4d(values(12, phase), [1, 1, 4, 3])));
  const gamma = tf.variable(tf.ones([4])) as tf.Variable<tf.Rank.R1>;
  const beta = tf.variable(tf.zeros([4])) as tf.Variable<tf.Rank.R1>;
  const x = tf.tensor4d(values(2 * 5 * 6 * 2, 3), [2, 5, 6, 2]);
  const features = () =>
    tf.relu(trainingBatchNorm(convolution(x, kernel as never, options), gamma, beta, 1e-5).y);
  const losses = (z: tf.Tensor) =>
    heads.map((head, index) =>
      tf
        .pow(
          convolution(z as tf.Tensor4D, head as never, {
            ...options,
            padding: [
              [0, 0],
              [0, 0],
            ],
          }),
          index + 2,
        )
        .mean(),
    ) as tf.Scalar[];
  return { kernel, heads, gamma, beta, x, features, losses, variables: [kernel, ...heads, gamma, beta] };
}

test('gradients of each loss equal those of a pass of its own', () => {
  const { features, losses, variables } = network();
  const all = backwardPasses(
    () => losses(features()),
    (outputs, backward) => outputs.map((loss) => backward(loss, variables)),
  );
  for (const [index, gradients] of all.entries()) {
    const own = tf.variableGrads(() => losses(features())[index]!, variables).grads;
    for (const [at, variable] of variables.entries()) {
      const expected = own[variable.name];
      if (!expected) expect(gradients[at]).toBeNull();
      else expect([...gradients[at]!.dataSync()]).toEqual([...expected.dataSync()]);
    }
    // The other loss's head is not reached.
    expect(gradients[1 + (1 - index)]).toBeNull();
  }
});

test('gradients with respect to a tensor inside the pass', () => {
  const { features, losses } = network();
  const found = backwardPasses(
    () => {
      const z = features();
      return [z, ...losses(z)] as tf.Tensor[];
    },
    ([z, ...outputs], backward) => outputs.map((loss) => backward(loss as tf.Scalar, [z!])[0]!),
  );
  const z = features();
  for (const [index, gradient] of found.entries()) {
    const expected = tf.grad((features_) => losses(features_)[index]!)(z);
    expect([...gradient.dataSync()]).toEqual([...expected.dataSync()]);
  }
});

test('leaves no tensor behind but the result, also after an error, and works inside a compiled step', () => {
  const { features, losses, kernel } = network();
  const step = compile(() => ({
    sum: backwardPasses(
      () => losses(features()),
      (outputs, backward) => tf.addN(outputs.map((loss) => backward(loss, [kernel])[0]!)),
    ),
  }));
  const before = tf.memory().numTensors;
  const outputs = step({});
  expect(tf.memory().numTensors).toBe(before + 1);
  tf.dispose(outputs as tf.NamedTensorMap);
  expect(() =>
    backwardPasses(
      () => losses(features()),
      () => {
        throw new Error('stop');
      },
    ),
  ).toThrow('stop');
  expect(tf.memory().numTensors).toBe(before);
  expect(
    tf
      .grad((value) => value.square())(tf.scalar(3))
      .dataSync()[0],
  ).toBe(6);
});

test('refuses to nest', () => {
  expect(() =>
    tf.grad((x) => {
      backwardPasses(
        () => x,
        (y) => y,
      );
      return x;
    })(tf.scalar(1)),
  ).toThrow(/nested|inside another/);
});

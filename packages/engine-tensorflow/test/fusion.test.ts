import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { TensorFlowBackend } from '../src/backend/backend';
import type { StepOptions } from '../src/backend/steps';
import { registerTensorflow } from '../src/index';
import { libraryIsThere } from './library';

let backend: TensorFlowBackend;

afterEach(() => {
  vi.restoreAllMocks();
});

/** Numbers that look like noise. */
const noise = (shape: number[], seed: number, size = 1) =>
  tf.tensor(
    Array.from({ length: tf.util.sizeFromShape(shape) }, (_, at) => size * Math.sin(seed + 12.9898 * at)),
    shape,
  );

/** The ops that a step is made of in the end, by name. */
function written(): Map<string, number> {
  const counts = new Map<string, number>();
  const { library } = backend.binding;
  const write = library.TF_NewOperation as (...call: unknown[]) => never;
  vi.spyOn(library, 'TF_NewOperation').mockImplementation((...call) => {
    const name = call[1] as string;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return write(...call);
  });
  return counts;
}

interface Weights {
  readonly kernels: tf.Variable<tf.Rank.R4>[];
  readonly biases: tf.Variable<tf.Rank.R1>[];
}

/** Weights of a block on 8 channels. */
function blockWeights(size: number): Weights {
  const variable = (shape: number[], seed: number, scale: number) => tf.variable(noise(shape, seed, scale));
  return {
    kernels: [1, 2, 3].map((seed) => variable([size, size, 8, 8], seed, 0.2)) as Weights['kernels'],
    biases: [4, 5, 6].map((seed) => variable([8], seed, 0.5)) as Weights['biases'],
  };
}

/** A residual block as layers compute it: fused convolutions with a bias, an addition, activations of their own. */
function block({ kernels, biases }: Weights, x: tf.Tensor4D, dilation: number): tf.Tensor {
  const convolved = (input: tf.Tensor4D, index: number) =>
    tf.fused.conv2d({
      x: input,
      filter: kernels[index]!,
      strides: 1,
      pad: 'same',
      dilations: dilation,
      bias: biases[index]!,
    }) as tf.Tensor4D;
  const first = tf.relu(convolved(x, 0)) as tf.Tensor4D;
  const sum = tf.relu(tf.add(convolved(first, 1), x)) as tf.Tensor4D;
  // Read twice: by the addition and by the convolution before it.
  return tf.relu(tf.add(sum, convolved(sum, 2)));
}

function run(weights: Weights, x: tf.Tensor4D, dilation: number, options: StepOptions): Float32Array {
  const step = backend.compileStep(
    (inputs) => ({ y: block(weights, inputs.x as tf.Tensor4D, dilation) }),
    options,
  );
  const { y } = step({ x });
  const values = y!.dataSync() as Float32Array;
  y!.dispose();
  step.dispose();
  return values;
}

function gap(a: Float32Array, b: Float32Array): number {
  const most = b.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return a.reduce((largest, value, at) => Math.max(largest, Math.abs(value - b[at]!)), 0) / most;
}

describe.skipIf(!libraryIsThere())('a step of constant weights', () => {
  beforeAll(async () => {
    registerTensorflow();
    await tf.setBackend('tensorflow');
    backend = tf.backend() as unknown as TensorFlowBackend;
  });

  test.each([
    [1, 1, 9],
    [3, 1, 9],
    [3, 2, 12],
    [5, 1, 7],
  ])('kernels of %i, dilation %i: what the ops one by one compute', (size, dilation, side) => {
    const weights = blockWeights(size);
    const x = noise([2, side, side, 8], 7) as tf.Tensor4D;
    const apart = run(weights, x, dilation, {});
    const counts = written();
    const fused = run(weights, x, dilation, { frozen: true });
    expect(gap(fused, apart)).toBeLessThan(2e-6);
    // oneDNN is on the processors that these tests run on, but for ARM Macs.
    if (process.arch === 'x64') expect(counts.get('_MklNativeFusedConv2D')).toBe(3);
    tf.dispose([x, ...weights.kernels, ...weights.biases]);
  });

  test('in bfloat16: within its rounding', ({ skip }) => {
    skip(backend.bfloat16Problem() !== null, 'no bfloat16 here');
    const weights = blockWeights(3);
    const x = noise([2, 9, 9, 8], 7) as tf.Tensor4D;
    const wide = run(weights, x, 1, {});
    const narrow = run(weights, x, 1, { frozen: true, precision: 'bfloat16' });
    expect(gap(narrow, wide)).toBeLessThan(0.03);
    expect(gap(narrow, wide)).toBeGreaterThan(1e-5);
    tf.dispose([x, ...weights.kernels, ...weights.biases]);
  });

  test('later values of a variable go unnoticed, and other steps see them', () => {
    const w = tf.variable(noise([4, 4], 1));
    const x = noise([2, 4], 2);
    const product = (inputs: tf.NamedTensorMap) => ({ y: tf.matMul(inputs.x!, w) });
    const frozen = backend.compileStep(product as never, { frozen: true });
    const value = () => tf.tidy(() => [...frozen({ x }).y!.dataSync()]);
    const before = value();
    w.assign(tf.zeros([4, 4]));
    expect(value()).toEqual(before);
    const live = backend.compileStep(product as never);
    expect([...tf.tidy(() => live({ x })).y!.dataSync()]).toEqual(new Array(8).fill(0));
    frozen.dispose();
    live.dispose();
    tf.dispose([w, x]);
  });

  test('an assignment is refused by name', () => {
    const w = tf.variable(noise([4, 4], 1), true, 'assigned');
    const step = backend.compileStep(
      ({ x }) => {
        w.assign(tf.add(w, x!));
        return { y: tf.sum(x!) };
      },
      { frozen: true },
    );
    const x = noise([4, 4], 2);
    expect(() => step({ x })).toThrow(/frozen: true.*'assigned'/);
    tf.dispose([w, x]);
  });
});

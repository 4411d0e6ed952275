import * as tf from '@tensorflow/tfjs';
import { convolution } from './convolution';
import { installTraining } from './install';
import { trainingBatchNorm } from './norm';

/** Rounding of float32 stays far below; half precision, which some devices compute in, does not. */
const tolerance = 1e-4;

const shapes = {
  x: [2, 9, 8, 3],
  kernel: [3, 3, 3, 4],
  dilated: [3, 3, 4, 4],
  depthwise: [3, 3, 4, 1],
  gamma: [4],
  beta: [4],
  matrix: [16, 5],
} as const;

/** Distinct numbers between -1 and 1, the same everywhere. */
function numbers(shape: readonly number[], seed: number): Float32Array {
  const size = shape.reduce((product, side) => product * side, 1);
  return Float32Array.from({ length: size }, (_, index) => Math.sin(1.3 * index + seed));
}

/** A small network with every kind of layer that training takes gradients of, as one number. */
function smallNetwork(given: readonly tf.Tensor[]): tf.Scalar {
  const [x, kernel, dilated, depthwise, gamma, beta, matrix] = given as [
    tf.Tensor4D,
    tf.Tensor4D,
    tf.Tensor4D,
    tf.Tensor4D,
    tf.Tensor1D,
    tf.Tensor1D,
    tf.Tensor2D,
  ];
  const ends = [1, 1] as const;
  const wide = [2, 2] as const;
  const strided = convolution(x, kernel, { strides: [2, 1], dilation: ends, padding: [ends, ends] });
  const { y: normed } = trainingBatchNorm(strided, gamma, beta, 1e-5);
  const apart = convolution(tf.relu(normed), dilated, {
    strides: ends,
    dilation: wide,
    padding: [wide, wide],
  });
  const pooled = tf.maxPool(tf.depthwiseConv2d(apart, depthwise, 1, 'same') as tf.Tensor4D, 2, 2, 'valid');
  const flat = tf.reshape(tf.avgPool(pooled, [1, 2], [1, 2], 'valid'), [2, -1]) as tf.Tensor2D;
  const logits = tf.matMul(flat, matrix);
  return tf.neg(tf.mean(tf.mul(tf.logSoftmax(logits), tf.softmax(tf.sin(logits))))) as tf.Scalar;
}

/** The number and its gradients, as the current backend computes them. */
async function computed(): Promise<Float32Array[]> {
  const given = Object.values(shapes).map((shape, index) => tf.tensor(numbers(shape, index), [...shape]));
  const { value, grads } = tf.valueAndGrads((...all: tf.Tensor[]) => smallNetwork(all))(given);
  try {
    // As training reads them, later and at once.
    const later = await Promise.all([value, ...grads].map((one) => one.data()));
    return [...later, tf.tidy(() => tf.mul(grads[1]!, 1).dataSync())] as Float32Array[];
  } finally {
    tf.dispose([given, value, grads]);
  }
}

function largestGap(found: readonly Float32Array[], wanted: readonly Float32Array[]): number {
  const gaps = wanted.map((values, list) => {
    const size = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return values.reduce((most, value, index) => {
      const gap = Math.abs(value - found[list]![index]!) / size;
      return Number.isFinite(gap) ? Math.max(most, gap) : Number.POSITIVE_INFINITY;
    }, 0);
  });
  return Math.max(...gaps);
}

/**
 * Compares what the current backend computes, gradients included, with plain JavaScript. Drivers and devices that no test
 * here has seen are asked before anything is trained on them.
 *
 * @returns null, or what is wrong; the backend is the current one again
 */
export async function faultOfBackend(): Promise<string | null> {
  const name = tf.getBackend();
  installTraining();
  let found: Float32Array[];
  try {
    found = await computed();
  } catch (error) {
    return `it cannot compute the gradients of a small network (${(error as Error).message})`;
  }
  try {
    await tf.setBackend('cpu');
    const gap = largestGap(found, await computed());
    return gap <= tolerance
      ? null
      : `it computes something else than plain JavaScript (a gap of ${gap.toExponential(1)} in a small network or its gradients)`;
  } finally {
    await tf.setBackend(name);
  }
}

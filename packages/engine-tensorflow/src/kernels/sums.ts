import * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from '../backend/backend';
import { dataTypes } from '../binding/enumerations';
import { attribute } from '../binding/make-attribute';
import { type Kernel, registeredKernel } from './kernel';

/** Values in one sum from which on TensorFlow's own, in float32, may be off by more than a millionth. */
const long = 2 ** 10;

function cast(backend: TensorFlowBackend, x: tf.Tensor, from: number, to: number): tf.Tensor {
  const options = [
    attribute.type('SrcT', from),
    attribute.type('DstT', to),
    attribute.bool('Truncate', false),
  ];
  return backend.executeSingleOutput('Cast', options, [x]);
}

const sizeOf = tf.util.sizeFromShape;

/** TensorFlow's op on a copy in double. */
function inDouble(backend: TensorFlowBackend, name: string, x: tf.Tensor, axes: number[], keepDims: boolean) {
  const { TF_FLOAT, TF_DOUBLE } = dataTypes;
  const options = [
    attribute.bool('keep_dims', keepDims),
    attribute.type('T', TF_DOUBLE),
    attribute.type('Tidx', 'int32'),
  ];
  const wide = cast(backend, x, TF_FLOAT, TF_DOUBLE);
  const sum = backend.executeSingleOutput(name, options, [wide, tf.tensor1d(axes, 'int32')]);
  return cast(backend, sum, TF_DOUBLE, TF_FLOAT);
}

/** The largest number up to 64 that divides a count. */
function divisorOf(count: number): number {
  let divisor = 64;
  while (count % divisor !== 0) divisor--;
  return divisor;
}

/**
 * Sums of the columns of `[count, width]`: few rows at a time as a product with ones, which takes no longer than
 * TensorFlow's sum, and those, of which there are far fewer, in double. By the op for several matrices, as that for one is
 * slower at a single row.
 */
function columnSums(backend: TensorFlowBackend, x: tf.Tensor, count: number): tf.Tensor {
  const together = divisorOf(count);
  const [rows, width] = [count / together, x.size / count];
  const parts =
    together === 1
      ? x
      : tf.matMul(tf.fill([1, together], 1), tf.reshape(x, [together, rows * width]) as tf.Tensor2D);
  return inDouble(backend, 'Sum', tf.reshape(parts, [rows, width]), [0], false);
}

/**
 * TensorFlow's op, which is right to a millionth over all values and over the last axes, as it adds those up in the manner
 * of a tree. Other axes it adds up one value after the other, and is off by as much as three in ten thousand over the pixels
 * of a batch: the first axes, as in the gradient of a bias, are summed with products, any others in double.
 */
function summing(name: 'Sum' | 'Mean'): Kernel {
  const stock = registeredKernel(name);
  return (backend, { x }, attrs) => {
    const input = x!;
    const { axis, keepDims } = attrs as { axis: number | number[]; keepDims: boolean };
    const axes = [...tf.util.parseAxisParam(axis as number[], input.shape)].sort((one, other) => one - other);
    const count = axes.reduce((product, each) => product * input.shape[each]!, 1);
    const rest = input.shape.filter((_, each) => !axes.includes(each));
    // Axes of length 1 change nothing about the order in which values are added up.
    const wide = input.shape.flatMap((length, each) => (length > 1 ? [axes.includes(each)] : []));
    const kept = wide.indexOf(false);
    const last = kept === -1 || wide.lastIndexOf(false) < wide.indexOf(true);
    if (input.dtype !== 'float32' || count < long || sizeOf(rest) === 0 || last) {
      const floats = name === 'Mean' && input.dtype !== 'float32' ? tf.cast(input, 'float32') : input;
      return stock({ inputs: { x: floats }, attrs: attrs as never, backend }) as tf.Tensor;
    }
    if (kept < wide.lastIndexOf(true)) return inDouble(backend, name, input, axes, keepDims);
    const sums = columnSums(backend, input, count);
    const shape = keepDims ? input.shape.map((length, each) => (axes.includes(each) ? 1 : length)) : rest;
    return tf.reshape(name === 'Mean' ? tf.div(sums, count) : sums, shape);
  };
}

/** Sum and Mean; made once tfjs-node's kernels are registered. */
export const sumKernels = (): Readonly<Record<string, Kernel>> => ({
  Sum: summing('Sum'),
  Mean: summing('Mean'),
});

import * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from '../backend/backend';
import type { Tracing } from '../backend/tracing';
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
 * Sums over the first axes or the last ones: few values at a time as a product with ones, which takes no longer than
 * TensorFlow's sum, and those, of which there are far fewer, in double. By the op for several matrices, as that for one is
 * slower at a single row.
 *
 * @param count  values in each sum
 */
function bitByBit(
  backend: TensorFlowBackend,
  x: tf.Tensor,
  count: number,
  side: 'first' | 'last',
): tf.Tensor {
  const together = divisorOf(count);
  const [parts, width] = [count / together, x.size / count];
  const product = (one: tf.Tensor, other: tf.Tensor) => (together === 1 ? x : tf.matMul(one, other));
  if (side === 'first') {
    const rows = product(tf.fill([1, together], 1), tf.reshape(x, [together, parts * width]));
    return inDouble(backend, 'Sum', tf.reshape(rows, [parts, width]), [0], false);
  }
  const columns = product(tf.reshape(x, [width * parts, together]), tf.fill([together, 1], 1));
  return inDouble(backend, 'Sum', tf.reshape(columns, [width, parts]), [1], false);
}

/** Where the axes that are summed lie among all. */
function sideOf(shape: readonly number[], axes: readonly number[]): 'first' | 'last' | 'between' {
  // Axes of length 1 change nothing.
  const summed = shape.flatMap((length, axis) => (length > 1 ? [axes.includes(axis)] : []));
  const kept = summed.indexOf(false);
  if (kept === -1 || summed.lastIndexOf(false) < summed.indexOf(true)) return 'last';
  return kept > summed.lastIndexOf(true) ? 'first' : 'between';
}

/**
 * TensorFlow's op where sums are short. Long ones are off by more than a millionth, and by as much as three in ten thousand
 * over the pixels of a batch, as it adds up columns one value after the other.
 */
function summing(name: 'Sum' | 'Mean'): Kernel {
  const stock = registeredKernel(name);
  return (backend, { x }, attrs) => {
    const input = x!;
    const { axis, keepDims } = attrs as { axis: number | number[]; keepDims: boolean };
    const axes = tf.util.parseAxisParam(axis as number[], input.shape);
    const count = axes.reduce((product, each) => product * input.shape[each]!, 1);
    const trace = backend.binding.recorder as Tracing | null;
    // Examples are along the first axis.
    const told = (sum: tf.Tensor): tf.Tensor => {
      if (trace !== null && axes.includes(0)) trace.isOverExamples(trace.idOf(backend.entry(sum)));
      return sum;
    };
    if (input.dtype !== 'float32' || count < long || input.size === 0) {
      const floats = name === 'Mean' && input.dtype !== 'float32' ? tf.cast(input, 'float32') : input;
      return told(stock({ inputs: { x: floats }, attrs: attrs as never, backend }) as tf.Tensor);
    }
    const work = (): tf.Tensor => {
      const side = sideOf(input.shape, axes);
      if (side === 'between') return inDouble(backend, name, input, axes, keepDims);
      const sums = bitByBit(backend, input, count, side);
      const kept = input.shape.map((length, each) => (axes.includes(each) ? 1 : length));
      const shape = keepDims ? kept : input.shape.filter((_, each) => !axes.includes(each));
      return tf.reshape(name === 'Mean' ? tf.div(sums, count) : sums, shape);
    };
    return told(trace === null ? work() : trace.inFloat32(work));
  };
}

/** Sum and Mean; made once tfjs-node's kernels are registered. */
export const sumKernels = (): Readonly<Record<string, Kernel>> => ({
  Sum: summing('Sum'),
  Mean: summing('Mean'),
});

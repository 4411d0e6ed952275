import * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from '../backend/backend';
import { dataTypes } from '../binding/enumerations';
import { attribute } from '../binding/make-attribute';
import { type Kernel, registeredKernel } from './kernel';

/** Values in one sum from which on TensorFlow's own, in float32, may be off by more than a millionth. */
const long = 2 ** 10;
/** Values in all, up to which a copy of them in double costs next to nothing beside what made them. */
const small = 2 ** 23;

function cast(backend: TensorFlowBackend, x: tf.Tensor, from: number, to: number): tf.Tensor {
  const options = [
    attribute.type('SrcT', from),
    attribute.type('DstT', to),
    attribute.bool('Truncate', false),
  ];
  return backend.executeSingleOutput('Cast', options, [x]);
}

/**
 * TensorFlow's op, in double where a sum is long. Over the pixels of a batch its own, which adds up columns one value after
 * the other, is off by as much as three in ten thousand.
 */
function inDouble(name: 'Sum' | 'Mean'): Kernel {
  const stock = registeredKernel(name);
  return (backend, { x }, attrs) => {
    const input = x!;
    const { axis, keepDims } = attrs as { axis: number | number[]; keepDims: boolean };
    const axes = tf.util.parseAxisParam(axis as number[], input.shape);
    const count = axes.reduce((product, each) => product * input.shape[each]!, 1);
    if (input.dtype !== 'float32' || count < long || input.size > small) {
      const floats = name === 'Mean' && input.dtype !== 'float32' ? tf.cast(input, 'float32') : input;
      return stock({ inputs: { x: floats }, attrs: attrs as never, backend }) as tf.Tensor;
    }
    const { TF_FLOAT, TF_DOUBLE } = dataTypes;
    const options = [
      attribute.bool('keep_dims', keepDims),
      attribute.type('T', TF_DOUBLE),
      attribute.type('Tidx', 'int32'),
    ];
    const wide = cast(backend, input, TF_FLOAT, TF_DOUBLE);
    const sum = backend.executeSingleOutput(name, options, [wide, tf.tensor1d(axes, 'int32')]);
    return cast(backend, sum, TF_DOUBLE, TF_FLOAT);
  };
}

/** Sum and Mean; made once tfjs-node's kernels are registered. */
export const sumKernels = (): Readonly<Record<string, Kernel>> => ({
  Sum: inDouble('Sum'),
  Mean: inDouble('Mean'),
});

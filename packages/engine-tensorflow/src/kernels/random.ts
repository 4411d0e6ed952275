import * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from '../backend/backend';
import { dataTypes } from '../binding/enumerations';
import { attribute } from '../binding/make-attribute';
import type { Kernel } from './kernel';

const philox = 1;

/** Words of Philox 4x32-10 as uint32: block i has the counter `[i, 0, 0, 0]`. */
function words(backend: TensorFlowBackend, key: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const { TF_INT32, TF_UINT32, TF_UINT64 } = dataTypes;
  const wide = (halves: tf.Tensor) =>
    backend.executeSingleOutput(
      'Bitcast',
      [attribute.type('T', TF_INT32), attribute.type('type', TF_UINT64)],
      [halves],
    );
  return backend.executeSingleOutput(
    'StatelessRandomUniformFullIntV2',
    [attribute.type('dtype', TF_UINT32), attribute.type('Tshape', TF_INT32)],
    [
      tf.tensor1d([...shape], 'int32'),
      wide(tf.reshape(key, [1, 2])),
      wide(tf.zeros([2, 2], 'int32')),
      tf.scalar(philox, 'int32'),
    ],
  );
}

/** Input key, int32 `[2]`, low half first; attribute shape. The words' bits as int32. */
const bits: Kernel = (backend, { key }, { shape }) =>
  backend.executeSingleOutput(
    'Bitcast',
    [attribute.type('T', dataTypes.TF_UINT32), attribute.type('type', dataTypes.TF_INT32)],
    [words(backend, key!, shape as readonly number[])],
  );

/** As bits; the upper 24 bits of each word as a float32 in [0, 1). */
const uniform: Kernel = (backend, inputs, attributes) => {
  const signed = bits(backend, inputs, attributes) as tf.Tensor;
  const T = attribute.type('T', dataTypes.TF_INT32);
  // An arithmetic shift drags the sign along; the mask takes it off.
  const shifted = backend.executeSingleOutput('RightShift', [T], [signed, tf.scalar(8, 'int32')]);
  const upper = backend.executeSingleOutput('BitwiseAnd', [T], [shifted, tf.scalar(2 ** 24 - 1, 'int32')]);
  return tf.mul(tf.cast(upper, 'float32'), 2 ** -24);
};

export const randomKernels: Readonly<Record<string, Kernel>> = {
  StatelessRandomBits: bits,
  StatelessRandomUniform: uniform,
};

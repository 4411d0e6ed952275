import * as tf from '@tensorflow/tfjs';
import type { Tracing } from '../backend/tracing';
import { attribute } from '../binding/make-attribute';
import type { Kernel } from './kernel';
import { normKernels } from './norm';
import { updateKernels } from './update';

const reluGradient: Kernel = (backend, { dy, x }) =>
  backend.executeSingleOutput('ReluGrad', [attribute.type('T', 'float32')], [dy!, x!]);

/** Inputs 0, 1, ...; output a bool scalar. */
const allFinite: Kernel = (backend, inputs) => {
  const T = attribute.type('T', 'float32');
  const flags = Object.values(inputs).map((x) => {
    const axes = tf.tensor1d(
      x.shape.map((_, axis) => axis),
      'int32',
    );
    const finite = backend.executeSingleOutput('IsFinite', [T], [x]);
    return backend.executeSingleOutput(
      'All',
      [attribute.bool('keep_dims', false), attribute.type('Tidx', 'int32')],
      [finite, axes],
    );
  });
  if (flags.length === 0) return tf.scalar(true, 'bool');
  return tf.all(tf.stack(flags));
};

/** Inputs x and 0, 1, ...; output x, in a trace not before the others are there. */
const runAfter: Kernel = (backend, { x, ...others }) => {
  const trace = backend.binding.recorder as Tracing | null;
  if (trace === null) return tf.clone(x!);
  const id = (tensor: tf.Tensor) => trace.idOf(backend.entry(tensor));
  return backend.createOutputTensor(
    trace.after(
      id(x!),
      Object.values(others).map((other) => id(other!)),
    ),
  );
};

/** Input x; output x in float32, where a step holds it in half precision. */
const widen: Kernel = (backend, { x }) => {
  const trace = backend.binding.recorder as Tracing | null;
  if (trace === null) return tf.clone(x!);
  return backend.createOutputTensor(trace.widened(trace.idOf(backend.entry(x!))));
};

/** Input x `[..., n, n]`; outputs eigenvalues and eigenvectors, in float32 whatever a step computes in. */
const symmetricEigen: Kernel = (backend, { x }) => {
  const options = [attribute.type('T', 'float32'), attribute.bool('compute_v', true)];
  return backend.executeMultipleOutputs('SelfAdjointEigV2', options, [x!], 2);
};

/**
 * Kernels for training that tfjs has no names for. `@overparam/engine` calls them by these names and brings the
 * gradients; a program without it may do the same through tf.engine().runKernel.
 */
export const trainingKernels: Readonly<Record<string, Kernel>> = {
  ...normKernels,
  ...updateKernels,
  ReluGrad: reluGradient,
  RunAfter: runAfter,
  Widen: widen,
  AllFinite: allFinite,
  SymmetricEigen: symmetricEigen,
};

import * as tf from '@tensorflow/tfjs';
import { installTraining } from './install';
import { trainingKernels } from './kernels/names';

/**
 * Whether no tensor holds a NaN or an infinity, as a tensor: nothing is read, so a compiled step can use it.
 *
 * @param tensors  any shapes; only float32 can be non-finite, others pass
 * @returns        bool scalar, true for no tensors; the caller disposes it
 */
export function allFinite(tensors: readonly tf.Tensor[]): tf.Scalar {
  const floats = tensors.filter((tensor) => tensor.dtype === 'float32');
  if (floats.length === 0) return tf.scalar(true, 'bool');
  if (tf.getKernel(trainingKernels.allFinite, tf.getBackend()) === undefined) installTraining();
  const inputs = Object.fromEntries(floats.map((tensor, index) => [String(index), tensor]));
  return tf.engine().runKernel(trainingKernels.allFinite, inputs) as tf.Scalar;
}

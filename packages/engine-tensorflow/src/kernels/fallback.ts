import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from '../backend/backend';

interface ValueBackend {
  write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): object;
  readSync(dataId: object): tf.backend_util.BackendValues;
  disposeData(dataId: object, force?: boolean): boolean;
}

/**
 * Runs the kernels that TensorFlow's backend has not in tfjs's own JavaScript: ragged and sparse tensors, n-grams and the
 * like. Values travel there and back.
 */
export function registerFallbacks(): void {
  for (const { kernelName } of tf.getKernelsForBackend('cpu')) {
    if (tf.getKernel(kernelName, 'tensorflow') !== undefined) continue;
    tf.registerKernel({ kernelName, backendName: 'tensorflow', kernelFunc: portableKernel(kernelName) });
  }
}

/** A kernel of tfjs's JavaScript backend, for tensors of this one. */
export function portableKernel(kernelName: string): tf.KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const here = backend as TensorFlowBackend;
    if (here.binding.recorder !== null) {
      throw new OverparamError(
        'op-not-compilable',
        `The op ${kernelName} is not TensorFlow's here but JavaScript's (the backend cpu has it), so it cannot be part of a ` +
          'compiled step. Compute it before the step and hand the result in.',
      );
    }
    const there = tf.findBackend('cpu') as unknown as ValueBackend;
    const made = new Set<object>();
    const move = (tensor: tf.TensorInfo): tf.TensorInfo => {
      if (tensor.dtype === 'complex64') {
        throw new OverparamError('op-unsupported', `The op ${kernelName} does not take complex64 tensors.`);
      }
      const dataId = there.write(
        here.readSync(tensor.dataId) as tf.backend_util.BackendValues,
        tensor.shape,
        tensor.dtype,
      );
      made.add(dataId);
      return { dataId, shape: tensor.shape, dtype: tensor.dtype };
    };
    const moved = Object.fromEntries(
      Object.entries(inputs).map(([name, input]) => [
        name,
        Array.isArray(input)
          ? (input as tf.TensorInfo[]).map(move)
          : input && move(input as unknown as tf.TensorInfo),
      ]),
    ) as tf.NamedTensorInfoMap;
    try {
      const kernel = tf.getKernel(kernelName, 'cpu')!.kernelFunc;
      const results = kernel({ inputs: moved, attrs, backend: there });
      const back = (result: tf.TensorInfo): tf.TensorInfo => {
        made.add(result.dataId);
        const dataId = here.write(there.readSync(result.dataId), result.shape, result.dtype);
        return { dataId, shape: result.shape, dtype: result.dtype };
      };
      return Array.isArray(results) ? results.map(back) : back(results);
    } finally {
      for (const dataId of made) there.disposeData(dataId, true);
    }
  };
}

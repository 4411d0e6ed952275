import type * as tf from '@tensorflow/tfjs';
import { trainingKernels } from '../kernels/names';
import { run } from './run';

/** One kernel in place of Step, Cast and Multiply. */
export const reluGradient: tf.GradConfig = {
  kernelName: 'Relu',
  inputsToSave: ['x'],
  gradFunc: (dy, saved) => ({
    x: () =>
      run(trainingKernels.reluGradient, { dy: dy as tf.Tensor, x: saved[0] as tf.Tensor }, {}) as tf.Tensor,
  }),
};

/** Of the fused batch norm: one kernel for all three. */
export const batchNormGradient: tf.GradConfig = {
  kernelName: trainingKernels.batchNorm,
  inputsToSave: ['x', 'gamma'],
  outputsToSave: [false, true, true],
  gradFunc: (dys, saved, attrs) => {
    const [x, gamma, mean, variance] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const dy = (dys as tf.Tensor[])[0] as tf.Tensor;
    // Outside the closures: each of those runs in a tidy of its own, which would free what the others return.
    const inputs = { dy, x, gamma, mean, variance };
    const [dx, dgamma, dbeta] = run(trainingKernels.batchNormGradient, inputs, attrs) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    return { x: () => dx, gamma: () => dgamma, beta: () => dbeta };
  },
};

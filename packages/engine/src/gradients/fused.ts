import * as tf from '@tensorflow/tfjs';
import { trainingKernels } from '../kernels/names';
import { isRecording } from './recorded';
import { run } from './run';

/** One kernel in place of Step, Cast and Multiply. */
export const reluGradient: tf.GradConfig = {
  kernelName: 'Relu',
  inputsToSave: ['x'],
  gradFunc: (given, saved) => {
    const [dy, x] = [given as tf.Tensor, saved[0] as tf.Tensor];
    return {
      x: () =>
        isRecording()
          ? tf.mul(dy, tf.cast(tf.step(x), 'float32'))
          : (run(trainingKernels.reluGradient, { dy, x }, {}) as tf.Tensor),
    };
  },
};

/** The gradient of the batch norm in plain ops, the dependence of its statistics on x included. */
function plainBatchNormGradient(
  dy: tf.Tensor,
  x: tf.Tensor,
  gamma: tf.Tensor,
  attrs: tf.NamedAttrMap,
): ReturnType<tf.GradFunc> {
  const axes = x.shape.slice(0, -1).map((_, axis) => axis);
  const centred = () => tf.sub(x, tf.mean(x, axes, true));
  const parts = () => {
    const offset = centred();
    const scale = tf.rsqrt(tf.add(tf.mean(tf.square(offset), axes, true), attrs.epsilon as number));
    return { scale, normal: tf.mul(offset, scale) };
  };
  return {
    x: () => {
      const { scale, normal } = parts();
      const along = tf.mul(normal, tf.mean(tf.mul(dy, normal), axes, true));
      return tf.mul(tf.mul(gamma, scale), tf.sub(tf.sub(dy, tf.mean(dy, axes, true)), along));
    },
    gamma: () => tf.sum(tf.mul(dy, parts().normal), axes),
    beta: () => tf.sum(dy, axes),
  };
}

/** Of the fused batch norm: one kernel for all three. */
export const batchNormGradient: tf.GradConfig = {
  kernelName: trainingKernels.batchNorm,
  inputsToSave: ['x', 'gamma'],
  outputsToSave: [false, true, true],
  gradFunc: (dys, saved, attrs) => {
    const [x, gamma, mean, variance] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const dy = (dys as tf.Tensor[])[0] as tf.Tensor;
    if (isRecording()) return plainBatchNormGradient(dy, x, gamma, attrs);
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

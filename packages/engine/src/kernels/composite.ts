import * as tf from '@tensorflow/tfjs';
import { trainingKernels } from './names';

type Implementation = (
  inputs: Record<string, tf.Tensor>,
  attributes: { readonly epsilon: number },
) => tf.Tensor | tf.Tensor[];

const leadingAxes = (x: tf.Tensor) => Array.from({ length: x.rank - 1 }, (_, axis) => axis);

/** Biased statistics, then one centred scaling. */
const batchNorm: Implementation = ({ x, gamma, beta }, { epsilon }) => {
  const axes = leadingAxes(x!);
  const mean = tf.mean(x!, axes);
  const centred = tf.sub(x!, mean);
  const variance = tf.mean(tf.square(centred), axes);
  const slope = tf.mul(gamma!, tf.rsqrt(tf.add(variance, epsilon)));
  return [tf.add(tf.mul(centred, slope), beta!), mean, variance];
};

/** dx = gamma r (dy - mean(dy) - xhat mean(dy xhat)), r = 1 / sqrt(variance + epsilon), xhat = (x - mean) r. */
const batchNormGradient: Implementation = ({ dy, x, gamma, mean, variance }, { epsilon }) => {
  const axes = leadingAxes(x!);
  const count = x!.size / gamma!.size;
  const inverse = tf.rsqrt(tf.add(variance!, epsilon));
  const centred = tf.sub(x!, mean!);
  const dbeta = tf.sum(dy!, axes);
  const dgamma = tf.mul(tf.sum(tf.mul(dy!, centred), axes), inverse);
  const onCentred = tf.mul(tf.mul(dgamma, inverse), 1 / count);
  const inner = tf.sub(tf.sub(dy!, tf.mul(centred, onCentred)), tf.mul(dbeta, 1 / count));
  return [tf.mul(inner, tf.mul(gamma!, inverse)), dgamma, dbeta];
};

const reluGradient: Implementation = ({ dy, x }) => tf.mul(dy!, tf.step(x!));

const allFinite: Implementation = (inputs) =>
  Object.values(inputs)
    .map((x) => tf.all(tf.isFinite(x)))
    .reduce((all, one) => tf.logicalAnd(all, one), tf.scalar(true, 'bool') as tf.Tensor);

const implementations: Readonly<Record<string, Implementation>> = {
  [trainingKernels.batchNorm]: batchNorm,
  [trainingKernels.batchNormGradient]: batchNormGradient,
  [trainingKernels.reluGradient]: reluGradient,
  [trainingKernels.allFinite]: allFinite,
};

/** Registers, for a backend, the portable form of every training kernel that it has no kernel for. */
export function registerComposites(backendName: string): void {
  for (const [kernelName, implementation] of Object.entries(implementations)) {
    if (tf.getKernel(kernelName, backendName) !== undefined) continue;
    tf.registerKernel({
      kernelName,
      backendName,
      // Kernels may return tensors; ops inside a kernel are not recorded on the gradient tape.
      kernelFunc: ({ inputs, attrs }) =>
        tf.tidy(() =>
          implementation(
            inputs as unknown as Record<string, tf.Tensor>,
            attrs as unknown as { readonly epsilon: number },
          ),
        ),
    });
  }
}

import * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from '../backend/backend';
import type { TensorMetadata } from '../binding/binding';
import { attribute } from '../binding/make-attribute';
import type { Inputs, Kernel } from './kernel';

/** Runs an op and makes tensors of some of its outputs only. */
function some(
  backend: TensorFlowBackend,
  name: string,
  attributes: Parameters<TensorFlowBackend['executeSingleOutput']>[1],
  inputs: readonly tf.Tensor[],
  outputs: number,
  wanted: readonly number[],
): tf.Tensor[] {
  const { binding } = backend;
  const made = binding.executeOp(name, attributes, backend.getInputTensorIds(inputs), outputs);
  made.forEach(({ id }, index) => {
    if (!wanted.includes(index)) binding.deleteTensor(id);
  });
  return wanted.map((index) => backend.createOutputTensor(made[index] as TensorMetadata));
}

/** FusedBatchNorm wants images; a batch of vectors is a batch of images of one pixel. */
const asImages = (x: tf.Tensor): tf.Tensor =>
  x.rank === 4 ? x : tf.reshape(x, [x.size / x.shape.at(-1)!, 1, 1, x.shape.at(-1)!]);

/** The shape of the tensor itself, without an op between where it has it already: TensorFlow fuses neighbours only. */
const shapedAs = (y: tf.Tensor, x: tf.Tensor): tf.Tensor => (x.rank === 4 ? y : tf.reshape(y, x.shape));

const normAttributes = (epsilon: number) => [
  attribute.type('T', 'float32'),
  attribute.type('U', 'float32'),
  attribute.float('epsilon', epsilon),
  attribute.string('data_format', 'NHWC'),
  attribute.bool('is_training', true),
];

/** Inputs x `[..., c]`, gamma, beta `[c]`; outputs y, mean and biased variance of the batch, `[c]`. */
const batchNorm: Kernel = (backend, { x, gamma, beta }, { epsilon }) => {
  const nothing = tf.tensor1d([], 'float32');
  const options = [...normAttributes(epsilon as number), attribute.float('exponential_avg_factor', 1)];
  const inputs = [asImages(x!), gamma!, beta!, nothing, nothing];
  if (backend.isUsingGpuDevice) {
    // There, what is kept for the gradient is not the variance; the output is the unbiased one.
    const count = x!.size / gamma!.size;
    const [y, mean, variance] = some(backend, 'FusedBatchNormV3', options, inputs, 6, [0, 1, 2]);
    const biased = tf.mul(variance!, count > 1 ? (count - 1) / count : 1);
    return [shapedAs(y!, x!), mean!, biased];
  }
  // The fifth output is the biased variance that the gradient needs; the third is the unbiased one.
  const [y, mean, variance] = some(backend, 'FusedBatchNormV3', options, inputs, 6, [0, 1, 4]);
  return [shapedAs(y!, x!), mean!, variance!];
};

/** Inputs dy, x, gamma, mean, variance; outputs dx, dgamma, dbeta. */
const batchNormGradient: Kernel = (backend, inputs, { epsilon }) => {
  const { dy, x, gamma, mean, variance } = inputs as Inputs & Record<string, tf.Tensor>;
  const kept = backend.isUsingGpuDevice ? tf.rsqrt(tf.add(variance!, epsilon as number)) : variance!;
  const [dx, dgamma, dbeta] = some(
    backend,
    'FusedBatchNormGradV3',
    normAttributes(epsilon as number),
    [asImages(dy!), asImages(x!), gamma!, mean!, kept, tf.tensor1d([], 'float32')],
    5,
    [0, 1, 2],
  );
  return [shapedAs(dx!, x!), dgamma!, dbeta!];
};

/** Batch normalisation by the batch's own statistics, and its gradient. */
export const normKernels: Readonly<Record<string, Kernel>> = {
  TrainingBatchNorm: batchNorm,
  TrainingBatchNormGrad: batchNormGradient,
};

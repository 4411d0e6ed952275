import * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from '../backend/backend';
import type { AdamAttributes, Tracing, UpdateAttributes } from '../backend/tracing';
import type { TensorMetadata } from '../binding/binding';
import { attribute } from '../binding/makeAttribute';
import type { Inputs, Kernel } from './kernel';

/**
 * Kernels for training that tfjs has no names for. `@overparam/engine` calls them by these names and brings the
 * gradients; a program without it may do the same through tf.engine().runKernel.
 */

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

interface UpdateInputs extends Record<string, tf.Tensor | undefined> {
  readonly parameter: tf.Tensor;
  readonly gradient: tf.Tensor;
  readonly rate: tf.Scalar;
  readonly apply: tf.Scalar;
}

/** The order of an update's outputs, as far as its inputs have them. */
const stateNames = ['parameter', 'velocity', 'first', 'second', 'step'] as const;

/** New values, or the old ones bit for bit where the update does not apply. */
function chosen(
  inputs: UpdateInputs,
  next: Readonly<Partial<Record<(typeof stateNames)[number], tf.Tensor>>>,
): tf.Tensor[] {
  return stateNames
    .filter((name) => inputs[name] !== undefined)
    .map((name) => tf.where(inputs.apply, next[name]!, inputs[name]!));
}

/** In a trace, the update in place at the step's end; null elsewhere. */
function inPlace(
  backend: TensorFlowBackend,
  { parameter, gradient, rate, apply }: UpdateInputs,
  slots: readonly tf.Tensor[],
  attributes: UpdateAttributes,
): tf.Tensor[] | null {
  const trace = backend.binding.recorder as Tracing | null;
  if (trace === null) return null;
  const id = (tensor: tf.Tensor) => trace.idOf(backend.entry(tensor));
  const made = trace.update(
    [parameter, ...slots].map((tensor) => backend.entry(tensor)),
    { gradient: id(gradient), rate: id(rate), apply: id(apply) },
    attributes,
  );
  return made?.map((metadata) => backend.createOutputTensor(metadata)) ?? null;
}

/**
 * PyTorch's SGD. Inputs parameter, gradient, rate, apply, and of velocity and step what there is; outputs in that order
 * the new parameter, velocity, step.
 */
const sgd: Kernel = (backend, given, attributes) => {
  const inputs = given as unknown as UpdateInputs;
  const { parameter, gradient, velocity, step, rate } = inputs;
  const { momentum, nesterov, dampening, weightDecay, rateFactor } = attributes as Record<string, number> & {
    nesterov: boolean;
  };
  if (step === undefined) {
    const made = inPlace(backend, inputs, velocity ? [velocity] : [], {
      rule: 'momentum',
      momentum: momentum!,
      nesterov,
      weightDecay: weightDecay!,
      rateFactor: rateFactor!,
    });
    if (made !== null) return made;
  }
  const lr = tf.mul(rate, rateFactor!);
  const g = weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(parameter, weightDecay!));
  if (!velocity) return chosen(inputs, { parameter: tf.sub(parameter, tf.mul(g, lr)) });
  const share = step ? tf.mul(g, tf.where(tf.greater(step, 0), tf.scalar(1 - dampening!), tf.scalar(1))) : g;
  const v = tf.add(tf.mul(velocity, momentum!), share);
  const move = nesterov ? tf.add(g, tf.mul(v, momentum!)) : v;
  return chosen(inputs, {
    parameter: tf.sub(parameter, tf.mul(move, lr)),
    velocity: v,
    ...(step ? { step: tf.add(step, 1) } : {}),
  });
};

/** PyTorch's Adam and AdamW; outputs the new parameter, first and second moment, step. */
const adam: Kernel = (backend, given, attributes) => {
  const inputs = given as unknown as UpdateInputs & Record<'first' | 'second' | 'step', tf.Tensor>;
  const { parameter, gradient, first, second, step, rate } = inputs;
  const { beta1, beta2, epsilon, weightDecay, rateFactor, decoupled } =
    attributes as unknown as AdamAttributes;
  const made = inPlace(backend, inputs, [first, second, step], {
    rule: 'adam',
    beta1,
    beta2,
    epsilon,
    weightDecay,
    rateFactor,
    decoupled,
  });
  if (made !== null) return made;
  const lr = tf.mul(rate, rateFactor);
  const t = tf.add(step, 1);
  // 1 - beta^t, by expm1: the plain difference would lose four digits at the first updates.
  const correction = (beta: number) =>
    beta === 0 ? tf.scalar(1) : tf.neg(tf.expm1(tf.mul(t, Math.log(beta))));
  const p =
    decoupled && weightDecay !== 0 ? tf.mul(parameter, tf.sub(1, tf.mul(lr, weightDecay))) : parameter;
  const g = decoupled || weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(p, weightDecay));
  const m = tf.add(first, tf.mul(tf.sub(g, first), 1 - beta1));
  const v = tf.add(tf.mul(second, beta2), tf.mul(tf.square(g), 1 - beta2));
  const root = tf.div(tf.sqrt(v), tf.sqrt(correction(beta2)));
  const size = tf.div(lr, correction(beta1));
  const move = tf.div(tf.mul(m, size), tf.add(root, epsilon));
  return chosen(inputs, { parameter: tf.sub(p, move), first: m, second: v, step: t });
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

export const trainingKernels: Readonly<Record<string, Kernel>> = {
  TrainingBatchNorm: batchNorm,
  TrainingBatchNormGrad: batchNormGradient,
  ReluGrad: reluGradient,
  RunAfter: runAfter,
  AllFinite: allFinite,
  SgdUpdate: sgd,
  AdamUpdate: adam,
};

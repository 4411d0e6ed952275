import * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from '../backend/backend';
import type { AdamAttributes, Tracing, UpdateAttributes } from '../backend/tracing';
import type { Kernel } from './kernel';

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

/** Optimisers: one parameter's update, with its slots. */
export const updateKernels: Readonly<Record<string, Kernel>> = {
  SgdUpdate: sgd,
  AdamUpdate: adam,
};

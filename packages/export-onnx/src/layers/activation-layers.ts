import { activationNamed, activationNames } from '../activations';
import type { Context, Converter } from '../emitter';
import { axisOf, orderOf, transposed } from '../layout';

/** Puts the activation of a layer's config behind its output. */
export function activate(context: Context, y: string): string {
  const { config, call, emitter } = context;
  const given = config.activation as unknown;
  if (given === undefined || given === null) return y;
  const name = typeof given === 'string' ? given : String((given as { className?: unknown }).className);
  const activation = activationNamed(name);
  if (!activation)
    return context.refuse(
      `the activation "${name}" is not known`,
      `Use one of ${activationNames.join(', ')}.`,
    );
  return activation(emitter, `${context.name}/${name}`, y, call.outputs[0]!.shape.length);
}

const one = ({ inputs }: Context) => inputs[0]!.name;

/** Activations that are layers. */
export const activationLayers: Readonly<Record<string, Converter>> = {
  Activation: (context) => activate(context, one(context)),
  ReLU: (context) => {
    const { emitter, name, config } = context;
    const most = config.maxValue as number | null | undefined;
    if (most === null || most === undefined) return emitter.one('Relu', name, [one(context)]);
    return emitter.one('Clip', name, [one(context), emitter.number(0), emitter.number(most)]);
  },
  LeakyReLU: (context) =>
    context.emitter.one(
      'LeakyRelu',
      context.name,
      [one(context)],
      [{ name: 'alpha', float: (context.config.alpha as number | undefined) ?? 0.3 }],
    ),
  ELU: (context) =>
    context.emitter.one(
      'Elu',
      context.name,
      [one(context)],
      [{ name: 'alpha', float: (context.config.alpha as number | undefined) ?? 1 }],
    ),
  ThresholdedReLU: (context) =>
    context.emitter.one(
      'ThresholdedRelu',
      context.name,
      [one(context)],
      [{ name: 'alpha', float: (context.config.theta as number | undefined) ?? 1 }],
    ),
  Softmax: (context) => {
    const rank = context.inputs[0]!.shape.length;
    const axis = (context.config.axis as number | undefined) ?? -1;
    return context.emitter.one(
      'Softmax',
      context.name,
      [one(context)],
      [{ name: 'axis', integer: axisOf(rank, axis) }],
    );
  },
  PReLU: (context) => {
    // The slopes have no batch axis; with one, they are turned round as images are.
    const slopes = context.constant('alpha', '', ({ shape, data }) => {
      const whole = [1, ...shape];
      const order = orderOf(whole.length);
      return { shape: order.map((axis) => whole[axis]!).slice(1), data: transposed(data, whole, order) };
    });
    return context.emitter.one('PRelu', context.name, [one(context), slopes]);
  },
};

import type { Context, LayerWriter } from '../writer';

/** Functions by tfjs's names; `x` stands for the input, `a` for the axis of channels. */
const functions: Readonly<Record<string, string>> = {
  linear: 'x',
  relu: 'F.relu(x)',
  relu6: 'F.relu6(x)',
  sigmoid: 'torch.sigmoid(x)',
  tanh: 'torch.tanh(x)',
  elu: 'F.elu(x)',
  selu: 'F.selu(x)',
  softplus: 'F.softplus(x)',
  softsign: 'F.softsign(x)',
  hardSigmoid: 'torch.clamp(0.2 * x + 0.5, 0, 1)',
  softmax: 'F.softmax(x, dim=a)',
  logSoftmax: 'F.log_softmax(x, dim=a)',
  swish: 'F.silu(x)',
  mish: 'F.mish(x)',
  gelu: 'F.gelu(x)',
  gelu_new: "F.gelu(x, approximate='tanh')",
};

/** The axis of channels in PyTorch. */
export const channelAxis = (rank: number) => (rank === 4 ? 1 : -1);

/** Puts the activation of a layer's config behind its output. */
export function activate(context: Context, y: string): string {
  const given = context.config.activation as unknown;
  if (given === undefined || given === null) return y;
  const name = typeof given === 'string' ? given : String((given as { className?: unknown }).className);
  const code = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (code === undefined)
    return context.refuse(
      `the activation "${name}" is not known`,
      `Use one of ${Object.keys(functions).join(', ')}.`,
    );
  if (code === 'x') return y;
  const axis = String(channelAxis(context.call.outputs[0]!.shape.length));
  return context.line(code.replace(/\bx\b/g, y).replace(/dim=a\b/, `dim=${axis}`));
}

const of = (context: Context, code: (x: string) => string) => context.line(code(context.inputs[0]!.name));

/** Activations that are layers. */
export const activationLayers: Readonly<Record<string, LayerWriter>> = {
  Activation: (context) => activate(context, context.inputs[0]!.name),
  ReLU: (context) => {
    const most = context.config.maxValue as number | null | undefined;
    return of(context, (x) =>
      most === null || most === undefined ? `F.relu(${x})` : `torch.clamp(${x}, 0, ${most})`,
    );
  },
  LeakyReLU: (context) =>
    of(context, (x) => `F.leaky_relu(${x}, ${(context.config.alpha as number) ?? 0.3})`),
  ELU: (context) => of(context, (x) => `F.elu(${x}, ${(context.config.alpha as number) ?? 1})`),
  ThresholdedReLU: (context) =>
    of(context, (x) => `${x} * (${x} > ${(context.config.theta as number) ?? 1})`),
  Softmax: (context) => {
    const axis = (context.config.axis as number | undefined) ?? -1;
    const rank = context.inputs[0]!.shape.length;
    if (axis !== -1 && axis !== rank - 1) context.refuse('it is not along the last axis', 'Put it there.');
    return of(context, (x) => `F.softmax(${x}, dim=${channelAxis(rank)})`);
  },
};

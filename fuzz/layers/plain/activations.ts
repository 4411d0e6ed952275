/** Activations of one number, by the names that tfjs's layers know. */
export const activations = {
  linear: (x: number) => x,
  relu: (x: number) => Math.max(0, x),
  relu6: (x: number) => Math.min(6, Math.max(0, x)),
  elu: (x: number) => (x > 0 ? x : Math.expm1(x)),
  selu: (x: number) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
  sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
  hardSigmoid: (x: number) => Math.min(1, Math.max(0, 0.2 * x + 0.5)),
  tanh: Math.tanh,
  softplus: (x: number) => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(0, x),
  softsign: (x: number) => x / (1 + Math.abs(x)),
  swish: (x: number) => x / (1 + Math.exp(-x)),
  mish: (x: number) => x * Math.tanh(Math.log1p(Math.exp(-Math.abs(x))) + Math.max(0, x)),
} as const;

/** Name of an activation. */
export type ActivationName = keyof typeof activations;

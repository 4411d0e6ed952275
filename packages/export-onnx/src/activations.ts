import type { Emitter } from './emitter';
import { axisOf } from './layout';

/** Writes an activation function on a tensor of some rank. @returns the name of its output, or null for an unknown one */
type Activation = (emitter: Emitter, name: string, x: string, rank: number) => string;

const plain =
  (operator: string): Activation =>
  (emitter, name, x) =>
    emitter.one(operator, name, [x]);

const along =
  (operator: string): Activation =>
  (emitter, name, x, rank) =>
    emitter.one(operator, name, [x], [{ name: 'axis', integer: axisOf(rank, -1) }]);

/** By tfjs's names. */
const activations: Readonly<Record<string, Activation>> = {
  linear: (_emitter, _name, x) => x,
  relu: plain('Relu'),
  relu6: (emitter, name, x) => emitter.one('Clip', name, [x, emitter.number(0), emitter.number(6)]),
  sigmoid: plain('Sigmoid'),
  tanh: plain('Tanh'),
  elu: (emitter, name, x) => emitter.one('Elu', name, [x], [{ name: 'alpha', float: 1 }]),
  selu: plain('Selu'),
  softplus: plain('Softplus'),
  softsign: plain('Softsign'),
  hardSigmoid: (emitter, name, x) =>
    emitter.one(
      'HardSigmoid',
      name,
      [x],
      [
        { name: 'alpha', float: 0.2 },
        { name: 'beta', float: 0.5 },
      ],
    ),
  softmax: along('Softmax'),
  logSoftmax: along('LogSoftmax'),
  swish: (emitter, name, x) => emitter.one('Mul', name, [x, emitter.one('Sigmoid', `${name}/sigmoid`, [x])]),
  mish: (emitter, name, x) => {
    const softplus = emitter.one('Softplus', `${name}/softplus`, [x]);
    return emitter.one('Mul', name, [x, emitter.one('Tanh', `${name}/tanh`, [softplus])]);
  },
  gelu: (emitter, name, x) => {
    const scaled = emitter.one('Mul', `${name}/scaled`, [x, emitter.number(Math.SQRT1_2)]);
    const shifted = emitter.one('Add', `${name}/shifted`, [
      emitter.one('Erf', `${name}/erf`, [scaled]),
      emitter.number(1),
    ]);
    const half = emitter.one('Mul', `${name}/half`, [x, emitter.number(0.5)]);
    return emitter.one('Mul', name, [half, shifted]);
  },
  gelu_new: (emitter, name, x) => {
    const square = emitter.one('Mul', `${name}/square`, [x, x]);
    const cubic = emitter.one('Mul', `${name}/cubic`, [square, emitter.number(0.044715)]);
    const factor = emitter.one('Add', `${name}/factor`, [cubic, emitter.number(1)]);
    const inner = emitter.one('Mul', `${name}/inner`, [x, factor]);
    const scaled = emitter.one('Mul', `${name}/scaled`, [inner, emitter.number(Math.sqrt(2 / Math.PI))]);
    const shifted = emitter.one('Add', `${name}/shifted`, [
      emitter.one('Tanh', `${name}/tanh`, [scaled]),
      emitter.number(1),
    ]);
    const half = emitter.one('Mul', `${name}/half`, [x, emitter.number(0.5)]);
    return emitter.one('Mul', name, [half, shifted]);
  },
};

/** An activation function by tfjs's name; undefined where it cannot be written. */
export function activationNamed(name: string): Activation | undefined {
  return Object.hasOwn(activations, name) ? activations[name] : undefined;
}

/** Names of all activation functions that can be written. */
export const activationNames: readonly string[] = Object.keys(activations);

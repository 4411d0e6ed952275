import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { family } from '../case';
import { broadcast, mapped } from '../plain/broadcast';
import { Draw, type ValueKind } from '../values';
import { seed, whole } from './windows';

interface Operation {
  /** See {@link LayerCase.gradientScale}. */
  readonly flat?: number;
  readonly kind: ValueKind;
  readonly op: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;
  readonly plain: (a: number, b: number) => number;
}

/** Of two tensors, the second of which may be repeated. */
const binary: Readonly<Record<string, Operation>> = {
  add: { kind: 'mixed', op: tf.add, plain: (a, b) => a + b },
  sub: { kind: 'mixed', op: tf.sub, plain: (a, b) => a - b },
  mul: { kind: 'mixed', op: tf.mul, plain: (a, b) => a * b },
  div: { kind: 'positive', op: tf.div, plain: (a, b) => a / b },
  maximum: { kind: 'distinct', op: tf.maximum, plain: Math.max },
  minimum: { kind: 'distinct', op: tf.minimum, plain: Math.min },
  squaredDifference: { kind: 'mixed', op: tf.squaredDifference, plain: (a, b) => (a - b) ** 2 },
  pow: { kind: 'positive', op: tf.pow, plain: (a, b) => a ** b },
};

/** Comparisons, and choices by them, which have no gradient here. */
const comparisons: Readonly<Record<string, Operation>> = {
  equal: { kind: 'ties', op: tf.equal, plain: (a, b) => Number(a === b) },
  notEqual: { kind: 'ties', op: tf.notEqual, plain: (a, b) => Number(a !== b) },
  greater: { kind: 'ties', op: tf.greater, plain: (a, b) => Number(a > b) },
  greaterEqual: { kind: 'ties', op: tf.greaterEqual, plain: (a, b) => Number(a >= b) },
  less: { kind: 'ties', op: tf.less, plain: (a, b) => Number(a < b) },
  lessEqual: { kind: 'ties', op: tf.lessEqual, plain: (a, b) => Number(a <= b) },
  divNoNan: { kind: 'ties', op: tf.divNoNan, plain: (a, b) => (b === 0 ? 0 : a / b) },
  where: {
    kind: 'ties',
    op: (a, b) => tf.where(tf.greater(a, b), a, tf.neg(a)),
    plain: (a, b) => (a > b ? a : -a),
  },
};

const unary: Readonly<Record<string, Operation>> = {
  abs: { kind: 'distinct', op: (a) => tf.abs(a), plain: Math.abs },
  neg: { kind: 'mixed', op: (a) => tf.neg(a), plain: (a) => -a },
  square: { kind: 'mixed', op: (a) => tf.square(a), plain: (a) => a * a },
  sqrt: { kind: 'positive', op: (a) => tf.sqrt(a), plain: Math.sqrt },
  rsqrt: { kind: 'positive', op: (a) => tf.rsqrt(a), plain: (a) => 1 / Math.sqrt(a) },
  reciprocal: { kind: 'positive', op: (a) => tf.reciprocal(a), plain: (a) => 1 / a },
  exp: { kind: 'mixed', op: (a) => tf.exp(a), plain: Math.exp },
  expm1: { kind: 'mixed', op: (a) => tf.expm1(a), plain: Math.expm1 },
  log: { kind: 'positive', op: (a) => tf.log(a), plain: Math.log },
  log1p: { kind: 'positive', op: (a) => tf.log1p(a), plain: Math.log1p },
  erf: { kind: 'mixed', op: (a) => tf.erf(a), plain: errorFunction },
  sign: { kind: 'distinct', op: (a) => tf.sign(a), plain: Math.sign },
  step: { kind: 'distinct', op: (a) => tf.step(a), plain: (a) => Number(a > 0) },
  floor: { kind: 'distinct', op: (a) => tf.floor(a), plain: Math.floor },
  clip: {
    kind: 'distinct',
    op: (a) => tf.clipByValue(a, -0.3, 0.4001),
    plain: (a) => Math.min(0.4001, Math.max(-0.3, a)),
  },
  sin: { kind: 'mixed', flat: 0.01, op: (a) => tf.sin(a), plain: Math.sin },
  cos: { kind: 'mixed', flat: 0.01, op: (a) => tf.cos(a), plain: Math.cos },
  acos: { kind: 'mixed', op: (a) => tf.acos(tf.mul(a, 0.9)), plain: (a) => Math.acos(a * 0.9) },
};

/** By its series, which is exact for numbers as small as here. */
function errorFunction(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 30; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

interface Parameters {
  readonly seed: number;
  readonly shape: number[];
  readonly name: string;
  /** Axes along which the second is repeated, and whether it lacks them in front. */
  readonly repeats: boolean[];
  readonly short: boolean;
}

const common = { seed, shape: fc.array(whole(1, 9), { minLength: 1, maxLength: 4 }) };
const names = (operations: Readonly<Record<string, Operation>>) =>
  fc.constantFrom(...Object.keys(operations));

function secondShape({ shape, repeats, short }: Parameters): number[] {
  const same = shape.map((length, axis) => (repeats[axis] ? 1 : length));
  return short ? same.slice(1) : same;
}

function binaryFamily(
  name: string,
  operations: Readonly<Record<string, Operation>>,
  differentiable: boolean,
) {
  return family({
    name,
    weight: 2,
    parameters: fc.record({
      ...common,
      name: names(operations),
      repeats: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
      short: fc.boolean(),
    }),
    build: (p: Parameters) => {
      const { kind, op, plain } = operations[p.name]!;
      const draw = new Draw(p.seed);
      const second = draw.input(secondShape(p), kind, differentiable);
      // Drawn from the same grid, distinct values would not be distinct from the first's.
      const apart =
        kind === 'distinct' ? (second.values as Float32Array).map((value) => value * 0.993) : second.values;
      return {
        inputs: [draw.input(p.shape, kind, differentiable), { ...second, values: apart }],
        run: ([a, b]) => [op(a!, b!)],
        expected: ([a, b]) => [mapped(a!, plain, broadcast(b!, p.shape))],
      };
    },
  });
}

export const binaryOps = binaryFamily('binary ops', binary, true);
export const comparisonOps = binaryFamily('comparisons', comparisons, false);

export const unaryOps = family({
  name: 'unary ops',
  weight: 2,
  parameters: fc.record({ ...common, name: names(unary) }),
  build: (p: Omit<Parameters, 'repeats' | 'short'>) => {
    const { kind, op, plain, flat } = unary[p.name]!;
    return {
      inputs: [new Draw(p.seed).input(p.shape, kind, p.name !== 'sign' && p.name !== 'step')],
      run: ([a]) => [op(a!, a!)],
      expected: ([a]) => [mapped(a!, plain)],
      ...(flat === undefined ? {} : { gradientScale: flat }),
    };
  },
});

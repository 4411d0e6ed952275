import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { type Expected, family, type Plain } from '../case';
import { positionOf, sizeOf, stepsOf } from '../plain/broadcast';
import { Draw, type ValueKind } from '../values';
import { seed, whole } from './windows';

/** Groups of elements that one element of the output is made of, in the order of memory. */
function groups(
  x: Plain,
  axes: readonly number[],
  keepDims: boolean,
): { shape: number[]; members: Float64Array[] } {
  const kept = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  const steps = stepsOf(kept);
  const inside = sizeOf(x.shape) / sizeOf(kept);
  const members = Array.from({ length: sizeOf(kept) }, () => new Float64Array(inside));
  const counts = members.map(() => 0);
  x.values.forEach((value, i) => {
    const group = positionOf(i, x.shape).reduce(
      (sum, at, axis) => sum + (axes.includes(axis) ? 0 : at * steps[axis]!),
      0,
    );
    members[group]![counts[group]!++] = value;
  });
  return { shape: keepDims ? kept : x.shape.filter((_, axis) => !axes.includes(axis)), members };
}

const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
const most = (values: Float64Array) => values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);

interface Reduction {
  readonly kind: ValueKind;
  readonly op: (x: tf.Tensor, axes: number[], keepDims: boolean) => tf.Tensor;
  readonly plain: (values: Float64Array) => number;
}

const reductions: Readonly<Record<string, Reduction>> = {
  sum: { kind: 'mixed', op: tf.sum, plain: sum },
  mean: { kind: 'mixed', op: tf.mean, plain: (values) => sum(values) / values.length },
  max: { kind: 'distinct', op: tf.max, plain: most },
  min: { kind: 'distinct', op: tf.min, plain: (values) => -most(values.map((value) => -value)) },
  prod: { kind: 'positive', op: tf.prod, plain: (values) => values.reduce((a, b) => a * b, 1) },
  logSumExp: { kind: 'mixed', op: tf.logSumExp, plain: (values) => Math.log(sum(values.map(Math.exp))) },
  variance: {
    kind: 'mixed',
    op: (x, axes, keepDims) => tf.moments(x, axes, keepDims).variance,
    plain: (values) => sum(values.map((value) => (value - sum(values) / values.length) ** 2)) / values.length,
  },
};

interface Parameters {
  readonly seed: number;
  readonly shape: number[];
  readonly chosen: boolean[];
  readonly keepDims: boolean;
  readonly name: string;
}

const axesOf = ({ shape, chosen }: Pick<Parameters, 'shape' | 'chosen'>): number[] => {
  const axes = shape.map((_, axis) => axis).filter((axis) => chosen[axis]);
  return axes.length > 0 ? axes : [shape.length - 1];
};

const common = {
  seed,
  shape: fc.array(whole(1, 9), { minLength: 1, maxLength: 4 }),
  chosen: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  keepDims: fc.boolean(),
};

/** Sums and the like over any axes. */
export const reducingOps = family({
  name: 'reductions',
  weight: 3,
  parameters: fc.record({ ...common, name: fc.constantFrom(...Object.keys(reductions)) }),
  build: (p: Parameters) => {
    const { kind, op, plain } = reductions[p.name]!;
    const axes = axesOf(p);
    return {
      // The gradient of a product asks for one axis at a time in tfjs.
      inputs: [new Draw(p.seed).input(p.shape, kind, p.name !== 'prod')],
      run: ([x]) => [op(x!, axes, p.keepDims)],
      expected: ([x]) => {
        const { shape, members } = groups(x!, axes, p.keepDims);
        const scale = Math.max(
          ...members.map((values) => sum(values.map(Math.abs)) / (p.name === 'mean' ? values.length : 1)),
        );
        const values = Float64Array.from(members, plain);
        return [
          {
            shape,
            values,
            ...(p.name === 'prod' ? {} : { scale: p.name === 'logSumExp' ? Math.max(1, scale) : scale }),
          },
        ];
      },
    };
  },
});

const integerReductions = ['sum', 'max', 'min', 'any', 'all', 'argMax', 'argMin'] as const;

/** Of whole numbers with ties, exactly; places are the first of equals. */
export const countingOps = family({
  name: 'counts and places',
  weight: 2,
  parameters: fc.record({
    ...common,
    name: fc.constantFrom(...integerReductions),
    float: fc.boolean(),
    axis: whole(0, 3),
  }),
  build: (
    p: Parameters & {
      readonly name: (typeof integerReductions)[number];
      readonly float: boolean;
      readonly axis: number;
    },
  ) => {
    const draw = new Draw(p.seed);
    const logical = p.name === 'any' || p.name === 'all';
    const places = p.name.startsWith('arg');
    const axes = places ? [p.axis % p.shape.length] : axesOf(p);
    const whole = draw.integers(p.shape, logical ? 0 : -2, logical ? 2 : 3);
    const input = logical
      ? { ...whole, dtype: 'bool' as const }
      : p.float
        ? { ...whole, values: Float32Array.from(whole.values) }
        : whole;
    return {
      inputs: [input],
      run: ([x]) => {
        if (p.name === 'argMax') return [tf.argMax(x!, axes[0]!)];
        if (p.name === 'argMin') return [tf.argMin(x!, axes[0]!)];
        const op =
          p.name === 'sum'
            ? tf.sum
            : p.name === 'max'
              ? tf.max
              : p.name === 'min'
                ? tf.min
                : p.name === 'any'
                  ? tf.any
                  : tf.all;
        return [op(x!, axes, p.keepDims)];
      },
      expected: ([x]) => {
        const { shape, members } = groups(x!, axes, places ? false : p.keepDims);
        const plain = (values: Float64Array): number => {
          if (p.name === 'sum') return sum(values);
          if (p.name === 'any' || p.name === 'max') return most(values);
          if (p.name === 'all' || p.name === 'min') return -most(values.map((value) => -value));
          return values.indexOf(p.name === 'argMax' ? most(values) : -most(values.map((value) => -value)));
        };
        return [{ shape, values: Float64Array.from(members, plain), scale: 1 }];
      },
      tolerance: 0,
    };
  },
});

/** Over many elements: as many as the pixels of a batch. */
export const longSums = family({
  name: 'long sums',
  weight: 1,
  parameters: fc.record({
    seed,
    rows: whole(1, 3),
    length: whole(100_000, 1_000_000),
    columns: fc.constantFrom(1, 1, 3),
    kind: fc.constantFrom('constant', 'positive', 'mixed'),
    all: fc.boolean(),
    mean: fc.boolean(),
  }),
  build: (p: {
    readonly seed: number;
    readonly rows: number;
    readonly length: number;
    readonly columns: number;
    readonly kind: 'constant' | 'positive' | 'mixed';
    readonly all: boolean;
    readonly mean: boolean;
  }) => {
    const draw = new Draw(p.seed);
    const shape = [p.rows, Math.floor(p.length / p.rows / p.columns), p.columns];
    const input = draw.input(shape, p.kind === 'constant' ? 'positive' : p.kind, false);
    if (p.kind === 'constant') (input.values as Float32Array).fill(draw.uniform() + 0.5);
    const axes = p.all ? [0, 1, 2] : [1];
    return {
      inputs: [input],
      run: ([x]) => [p.mean ? tf.mean(x!, axes) : tf.sum(x!, axes)],
      expected: ([x]): Expected[] => {
        const count = p.all ? x!.values.length : shape[1]!;
        const sums = new Float64Array(p.all ? 1 : p.rows * p.columns);
        const sizes = new Float64Array(sums.length);
        x!.values.forEach((value, i) => {
          const row = Math.floor(i / (shape[1]! * p.columns));
          const at = p.all ? 0 : row * p.columns + (i % p.columns);
          sums[at]! += value;
          sizes[at]! += Math.abs(value);
        });
        const divisor = p.mean ? count : 1;
        return [
          {
            shape: p.all ? [] : [p.rows, p.columns],
            values: sums.map((value) => value / divisor),
            scale: Math.max(...sizes) / divisor,
          },
        ];
      },
      tolerance: 1e-6,
    };
  },
});

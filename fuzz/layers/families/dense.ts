import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { type Expected, family, type Plain } from '../case';
import { activated, activationOf, type FusedActivation, fusedActivations } from '../plain/activated';
import { elementAt, filled } from '../plain/broadcast';
import { Draw } from '../values';
import { seed, whole } from './windows';

const lengths = fc.oneof({ arbitrary: whole(1, 9), weight: 6 }, { arbitrary: whole(10, 70), weight: 1 });

/** Products of matrices, one for each position of the leading axes, which repeat where they are 1. */
function product(a: Plain, b: Plain, transposeA: boolean, transposeB: boolean): Expected {
  const rank = a.shape.length;
  const leading = a.shape.slice(0, -2).map((length, axis) => Math.max(length, b.shape[axis]!));
  const [rows, inner] = transposeA
    ? [a.shape[rank - 1]!, a.shape[rank - 2]!]
    : [a.shape[rank - 2]!, a.shape[rank - 1]!];
  const columns = transposeB ? b.shape[rank - 2]! : b.shape[rank - 1]!;
  let scale = 0;
  const y = filled([...leading, rows, columns], (position) => {
    const [i, j] = position.slice(-2) as [number, number];
    const front = (x: Plain) =>
      x.shape.slice(0, -2).map((length, axis) => (length === 1 ? 0 : position[axis]!));
    const [frontA, frontB] = [front(a), front(b)];
    let sum = 0;
    let size = 0;
    for (let k = 0; k < inner; k++) {
      const term =
        elementAt(a, [...frontA, ...(transposeA ? [k, i] : [i, k])]) *
        elementAt(b, [...frontB, ...(transposeB ? [j, k] : [k, j])]);
      sum += term;
      size += Math.abs(term);
    }
    scale = Math.max(scale, size);
    return sum;
  });
  return { ...y, scale };
}

interface Parameters {
  readonly seed: number;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

const common = {
  seed,
  rows: lengths,
  inner: lengths,
  columns: lengths,
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
};

const draw = (p: Parameters, leadingA: readonly number[] = [], leadingB: readonly number[] = []) => {
  const values = new Draw(p.seed);
  return [
    values.input([...leadingA, ...(p.transposeA ? [p.inner, p.rows] : [p.rows, p.inner])]),
    values.input([...leadingB, ...(p.transposeB ? [p.columns, p.inner] : [p.inner, p.columns])]),
  ];
};

/** tfjs's `matMul`, single and in batches that repeat. */
export const matrixProduct = family({
  name: 'matMul',
  weight: 2,
  parameters: fc.record({
    ...common,
    batches: fc.constantFrom<number[][]>(
      [[], []],
      [[3], [3]],
      [[1], [4]],
      [[2], [1]],
      [
        [2, 3],
        [2, 3],
      ],
    ),
  }),
  build: (p: Parameters & { readonly batches: number[][] }) => ({
    inputs: draw(p, p.batches[0]!, p.batches[1]!),
    run: ([a, b]) => [tf.matMul(a!, b!, p.transposeA, p.transposeB)],
    expected: ([a, b]) => [product(a!, b!, p.transposeA, p.transposeB)],
  }),
});

/** What tfjs's dense layer runs: product, bias and activation in one. */
export const fusedProduct = family({
  name: 'fused matMul',
  weight: 1,
  parameters: fc.record({ ...common, activation: fusedActivations, bias: fc.boolean() }),
  build: (p: Parameters & { readonly activation: FusedActivation; readonly bias: boolean }) => {
    const values = new Draw(p.seed + 1);
    return {
      inputs: [...draw(p), values.input([p.columns]), values.input([p.columns], 'positive')],
      run: ([a, b, bias, slopes]) => [
        tf.fused.matMul({
          a: a!,
          b: b!,
          transposeA: p.transposeA,
          transposeB: p.transposeB,
          ...(p.bias ? { bias: bias! } : {}),
          ...activationOf(p.activation, slopes!),
        }),
      ],
      expected: ([a, b, bias, slopes]) => [
        activated(product(a!, b!, p.transposeA, p.transposeB), p.bias ? bias! : null, p.activation, slopes!),
      ],
    };
  },
});

import { symmetricEigen } from '@overparam/core-reparam';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { timesTransposed, transposed } from '../src/products';

const entry = fc.double({ min: -3, max: 3, noNaN: true });

/** A matrix of any shape, with zeros and equal entries among others. */
const anyMatrix = fc
  .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }))
  .chain(([rows, columns]) =>
    fc
      .array(fc.oneof(entry, fc.constantFrom(0, 1)), { minLength: rows * columns, maxLength: rows * columns })
      .map((values) => ({ rows, columns, values: Float64Array.from(values) })),
  );

const largest = (values: Float64Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** How far V is from orthonormal, and V A V^T from the diagonal matrix of the values. */
function errors(symmetric: Float64Array, n: number) {
  const { values, vectors } = symmetricEigen(symmetric.slice(), n);
  const turned = timesTransposed(vectors, symmetric, [n, n, n]);
  const diagonal = timesTransposed(turned, vectors, [n, n, n]);
  const identity = timesTransposed(vectors, vectors, [n, n, n]);
  for (let i = 0; i < n; i++) {
    diagonal[i * n + i]! -= values[i]!;
    identity[i * n + i]! -= 1;
  }
  const ascending = values.every((value, i) => i === 0 || value >= values[i - 1]!);
  return { diagonal: largest(diagonal), identity: largest(identity), ascending };
}

describe('eigenvectors of a symmetric matrix', () => {
  test('are orthonormal and make it diagonal, of every size, of any rank', () => {
    fc.assert(
      fc.property(anyMatrix, ({ rows, columns, values }) => {
        const gram = timesTransposed(values, values, [rows, rows, columns]);
        const { diagonal, identity, ascending } = errors(gram, rows);
        expect(identity).toBeLessThan(1e-12);
        expect(diagonal).toBeLessThanOrEqual(1e-12 * Math.max(largest(gram), Number.MIN_VALUE));
        expect(ascending).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    ['zero', () => 0],
    ['the identity', (i: number, j: number) => (i === j ? 1 : 0)],
    ['of ones', () => 1],
    ['negative', (i: number, j: number) => -1 / (1 + i + j)],
    ['graded', (i: number, j: number) => (i === j ? 10 ** -i : 0)],
    ['tridiagonal', (i: number, j: number) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0)],
  ])('of a matrix that is %s', (_, entryAt) => {
    const n = 33;
    const matrix = Float64Array.from({ length: n * n }, (_, at) => entryAt(Math.floor(at / n), at % n));
    const { diagonal, identity, ascending } = errors(matrix, n);
    expect(identity).toBeLessThan(1e-13);
    expect(diagonal).toBeLessThan(1e-13 * n);
    expect(ascending).toBe(true);
  });

  test('of a second difference have the closed form 2 - 2 cos(k pi / (n + 1))', () => {
    const n = 65;
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      matrix[i * n + i] = 2;
      if (i > 0) matrix[i * n + i - 1] = -1;
    }
    const { values } = symmetricEigen(matrix, n);
    values.forEach((value, k) => {
      expect(value).toBeCloseTo(2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)), 13);
    });
  });
});

test('A B^T by tiles is the sum of products, of every size', () => {
  fc.assert(
    fc.property(anyMatrix, fc.integer({ min: 1, max: 9 }), (a, others) => {
      const b = Float64Array.from({ length: others * a.columns }, (_, at) => Math.sin(at));
      const result = timesTransposed(a.values, b, [a.rows, others, a.columns]);
      for (let i = 0; i < a.rows; i++) {
        for (let j = 0; j < others; j++) {
          let sum = 0;
          for (let k = 0; k < a.columns; k++) sum += a.values[i * a.columns + k]! * b[j * a.columns + k]!;
          expect(result[i * others + j]).toBeCloseTo(sum, 12);
        }
      }
      const back = transposed(transposed(a.values, a.rows, a.columns), a.columns, a.rows);
      expect(back).toEqual(a.values);
    }),
    { numRuns: 100 },
  );
});

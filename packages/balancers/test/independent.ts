import { combine, dot } from './gradients';

type Vector = readonly number[];

const lengthOf = (vector: Vector) => Math.sqrt(dot(vector, vector));
const minus = (a: Vector, b: Vector, factor: number) => a.map((value, k) => value - factor * b[k]!);

/** What is left of a vector without its part in the span of others, by Gram and Schmidt, twice. */
function outside(vector: Vector, others: readonly Vector[]): Vector {
  const basis: Vector[] = [];
  const without = (given: Vector) => {
    let rest = given;
    for (let round = 0; round < 2; round++) {
      for (const unit of basis) rest = minus(rest, unit, dot(rest, unit));
    }
    return rest;
  };
  for (const other of others) {
    const rest = without(other);
    const length = lengthOf(rest);
    if (length > 1e-9 * lengthOf(other)) basis.push(rest.map((value) => value / length));
  }
  return without(vector);
}

const subsets = <Value>(values: readonly Value[]): Value[][] =>
  Array.from({ length: 2 ** values.length }, (_, number) =>
    values.filter((__, place) => Math.floor(number / 2 ** place) % 2 === 1),
  );

/**
 * The projection of a vector on the cone of directions that harm none of the gradients: the nearest of its
 * projections on the cone's faces, each orthogonal to some of the gradients, that lies in the cone.
 */
export function projectionOn(gradients: readonly Vector[], vector: Vector): Vector {
  const inCone = (candidate: Vector) =>
    gradients.every((gradient) => dot(gradient, candidate) >= -1e-9 * lengthOf(gradient) * lengthOf(vector));
  const candidates = subsets(gradients)
    .map((face) => outside(vector, face))
    .filter(inCone);
  const distance = (candidate: Vector) => lengthOf(minus(vector, candidate, 1));
  return candidates.reduce((best, candidate) => (distance(candidate) < distance(best) ? candidate : best));
}

/** `M^(-1/2)` of a positive definite matrix by the coupled iteration of Newton and Schulz, which only multiplies. */
export function inverseRoot(matrix: readonly Vector[]): number[][] {
  const times = (a: readonly Vector[], b: readonly Vector[]) => a.map((row) => combine(b, row));
  const trace = matrix.reduce((sum, row, i) => sum + row[i]!, 0);
  let root = matrix.map((row) => row.map((value) => value / trace));
  let inverse: number[][] = matrix.map((row, i) => row.map((_, j) => (i === j ? 1 : 0)));
  for (let iteration = 0; iteration < 60; iteration++) {
    const step = times(inverse, root).map((row, i) => row.map((value, j) => ((i === j ? 3 : 0) - value) / 2));
    root = times(root, step);
    inverse = times(step, inverse);
  }
  return inverse.map((row) => row.map((value) => value / Math.sqrt(trace)));
}

/** The largest eigenvalue of a positive semidefinite matrix, by powers. */
export function largestEigenvalue(matrix: readonly Vector[]): number {
  let vector: Vector = matrix.map((_, k) => 1 + 0.1 * k);
  let value = 0;
  for (let iteration = 0; iteration < 3000; iteration++) {
    const next = combine(matrix, vector);
    value = lengthOf(next) / lengthOf(vector);
    const length = lengthOf(next);
    vector = next.map((entry) => entry / length);
  }
  return value;
}

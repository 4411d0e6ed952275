import type { Plain } from '../case';

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, length) => product * length, 1);

/** Steps in memory of each axis of a shape. */
export function stepsOf(shape: readonly number[]): number[] {
  const steps = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) steps[axis] = steps[axis + 1]! * shape[axis + 1]!;
  return steps;
}

/** Position along each axis of the element at an offset. */
export function positionOf(offset: number, shape: readonly number[]): number[] {
  let rest = offset;
  return stepsOf(shape).map((step) => {
    const at = Math.floor(rest / step);
    rest -= at * step;
    return at;
  });
}

/** Makes a tensor element by element from its position. */
export function filled(shape: readonly number[], valueAt: (position: readonly number[]) => number): Plain {
  const values = new Float64Array(sizeOf(shape));
  for (let i = 0; i < values.length; i++) values[i] = valueAt(positionOf(i, shape));
  return { shape, values };
}

/** The element at a position. */
export function elementAt({ shape, values }: Plain, position: readonly number[]): number {
  return values[stepsOf(shape).reduce((sum, step, axis) => sum + step * position[axis]!, 0)]!;
}

/** Repeats a tensor along its axes of length 1, and in front, to a larger shape. */
export function broadcast(x: Plain, shape: readonly number[]): Plain {
  const missing = shape.length - x.shape.length;
  return filled(shape, (position) =>
    elementAt(
      x,
      x.shape.map((length, axis) => (length === 1 ? 0 : position[axis + missing]!)),
    ),
  );
}

/** Element by element, one or two tensors of one shape. */
export function mapped(a: Plain, work: (a: number, b: number) => number, b: Plain = a): Plain {
  return { shape: a.shape, values: a.values.map((value, i) => work(value, b.values[i]!)) };
}

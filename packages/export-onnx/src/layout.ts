import type { Shape } from '@tensorflow/tfjs';

/**
 * How ONNX's tensors lie beside TensorFlow.js's: images and volumes, of four and five axes, have their channels first,
 * all else is as it is. The rule is one for the whole graph, so that nothing is turned round between layers.
 */
export function isTurned(rank: number): boolean {
  return rank >= 4;
}

/** For each axis in ONNX, the one of TensorFlow.js that it is. */
export function orderOf(rank: number): number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return isTurned(rank) ? [0, rank - 1, ...axes.slice(1, -1)] : axes;
}

/** The axis in ONNX that one of TensorFlow.js's becomes; negative ones count from the end. */
export function axisOf(rank: number, axis: number): number {
  return orderOf(rank).indexOf(axis < 0 ? rank + axis : axis);
}

/** A shape as ONNX has it. */
export function turnedShape(shape: Shape): Shape {
  return orderOf(shape.length).map((axis) => shape[axis]!);
}

/** Moves axes of values: axis `i` of the result is axis `order[i]` of what is given. */
export function transposed(
  values: Float32Array,
  shape: readonly number[],
  order: readonly number[],
): Float32Array {
  const result = new Float32Array(values.length);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1));
  const sides = order.map((axis) => shape[axis]!);
  const steps = order.map((axis) => strides[axis]!);
  const place = new Array<number>(order.length).fill(0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = values[from]!;
    for (let axis = order.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      place[axis]! += 1;
      if (place[axis]! < sides[axis]!) break;
      from -= steps[axis]! * sides[axis]!;
      place[axis] = 0;
    }
  }
  return result;
}

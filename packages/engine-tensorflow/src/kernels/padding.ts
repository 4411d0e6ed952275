import * as tf from '@tensorflow/tfjs';

/** How a window moves along one axis of an image. */
export interface Span {
  readonly size: number;
  readonly out: number;
  readonly stride: number;
  /** Reach of the window, dilation included. */
  readonly window: number;
  /** Padding before the first element. */
  readonly before: number;
}

/** How to give TensorFlow a padding it computes fast: its own two kinds, with zeros put around the image first. */
export interface Plan {
  readonly padding: 'SAME' | 'VALID';
  /** Per axis: elements to add before and after. Negative where the last ones are never looked at. */
  readonly around: readonly (readonly [number, number])[];
}

/**
 * `VALID` with the padding made beforehand, or `SAME` where that is the same thing: at stride 1. TensorFlow's own
 * `EXPLICIT` misses its fast kernels in the backward direction, and knows nothing of rounding modes.
 */
export function planPadding(spans: readonly Span[]): Plan {
  const { around } = planValid(spans);
  const same = spans.every(
    ({ stride, window }, axis) =>
      stride === 1 &&
      around[axis]![0] === Math.floor((window - 1) / 2) &&
      around[axis]![1] === window - 1 - around[axis]![0],
  );
  return same && around.flat().some((side) => side !== 0)
    ? { padding: 'SAME', around: around.map(() => [0, 0]) }
    : { padding: 'VALID', around };
}

const isNothing = (around: Plan['around']) => around.flat().every((side) => side === 0);

/** `VALID` with the padding made beforehand. */
export function planValid(spans: readonly Span[]): Plan {
  const around = spans.map(({ size, out, stride, window, before }) => {
    const after = (out - 1) * stride + window - size - before;
    // What VALID would round away by itself is left to it.
    return [before, after < 0 && after > -stride ? 0 : after] as const;
  });
  return { padding: 'VALID', around };
}

/** The image with its padding, or without the ends that no window looks at. `spatial` is the first image axis. */
export function padImage(x: tf.Tensor, around: Plan['around'], spatial: number, value = 0): tf.Tensor {
  if (isNothing(around)) return x;
  const pads: [number, number][] = x.shape.map(() => [0, 0]);
  const begin = x.shape.map(() => 0);
  const size = [...x.shape];
  around.forEach(([before, after], axis) => {
    const rest = x.shape[spatial + axis]! + after;
    // Where windows see nothing but padding, of that too an end is left out.
    pads[spatial + axis] = [before + Math.min(0, rest), Math.max(0, after)];
    if (after < 0) size[spatial + axis] = Math.max(0, rest);
  });
  const cut = around.some(([, after]) => after < 0) ? tf.slice(x, begin, size) : x;
  return tf.pad(cut, pads, value);
}

/** The image with its padding before, and with zeros after it or without its ends, so that it has the sides that are asked for. */
export function padTo(x: tf.Tensor, around: Plan['around'], sides: readonly [number, number]): tf.Tensor {
  const [height, width] = x.shape.slice(1, 3) as [number, number];
  const [top, left] = around.map(([before]) => before) as [number, number];
  const kept = [Math.min(height, sides[0] - top), Math.min(width, sides[1] - left)] as const;
  const whole = kept[0] === height && kept[1] === width;
  const seen = whole ? x : tf.slice(x, [0, 0, 0, 0], [x.shape[0]!, ...kept, x.shape[3]!]);
  const pads: [number, number][] = [
    [0, 0],
    [top, sides[0] - top - kept[0]],
    [left, sides[1] - left - kept[1]],
    [0, 0],
  ];
  return pads.flat().every((side) => side === 0) ? seen : tf.pad(seen, pads);
}

/** Shape of {@link padImage}'s result. */
export function paddedShape(shape: readonly number[], around: Plan['around'], spatial: number): number[] {
  const padded = [...shape];
  around.forEach(([before, after], axis) => {
    padded[spatial + axis]! += before + after;
  });
  return padded;
}

/** The inverse of {@link padImage} for a gradient: padding is cut off, ends that were cut off are zeros. */
export function unpadImage(
  gradient: tf.Tensor,
  shape: readonly number[],
  around: Plan['around'],
  spatial: number,
): tf.Tensor {
  if (isNothing(around)) return gradient;
  const begin = shape.map(() => 0);
  const size = [...shape];
  const pads: [number, number][] = shape.map(() => [0, 0]);
  around.forEach(([before, after], axis) => {
    const length = shape[spatial + axis]!;
    const rest = length + after;
    begin[spatial + axis] = before + Math.min(0, rest);
    if (after < 0) {
      size[spatial + axis] = Math.max(0, rest);
      pads[spatial + axis] = [0, length - size[spatial + axis]!];
    }
  });
  const inner = tf.slice(gradient, begin, size);
  return around.some(([, after]) => after < 0) ? tf.pad(inner, pads) : inner;
}

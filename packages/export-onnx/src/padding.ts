import type { Context } from './emitter';

/** Zeros before and behind each axis of space. */
export type SpacePadding = readonly (readonly [number, number])[];

/** What a window is moved over. */
export interface Window {
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  readonly dilation: readonly number[];
  /** `valid`, `same` or `causal`, as tfjs has it. */
  readonly padding: unknown;
}

/**
 * The numbers that `same` means, which are uneven where they do not divide: one more behind than before. ONNX's own
 * `auto_pad` would say the same in words that runtimes have read in different ways.
 *
 * @param sides  of the image
 */
export function spacePadding(
  context: Context,
  window: Window,
  sides: readonly (number | null)[],
): SpacePadding {
  const { sizes, strides, dilation, padding } = window;
  return sizes.map((size, axis): readonly [number, number] => {
    const extent = (size - 1) * dilation[axis]! + 1;
    if (padding === 'causal') return [extent - 1, 0];
    if (padding !== 'same') return [0, 0];
    const side = sides[axis]!;
    const stride = strides[axis]!;
    if (side === null && stride > 1 && extent > 1) {
      context.refuse(
        `padding "same" at stride ${stride} depends on a size that is open`,
        'Build the network with a fixed input size, or pad with a ZeroPadding2D layer and use "valid".',
      );
    }
    const total =
      side === null ? extent - 1 : Math.max(0, (Math.ceil(side / stride) - 1) * stride + extent - side);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  });
}

/** As ONNX lists it: all that is before, then all that is behind. */
export function padsOf(padding: SpacePadding): number[] {
  return [...padding.map(([before]) => before), ...padding.map(([, behind]) => behind)];
}

/** One number for each axis, where one may stand for all. */
export function each(value: unknown, axes: number): number[] {
  if (Array.isArray(value)) return value as number[];
  return new Array<number>(axes).fill(typeof value === 'number' ? value : 1);
}

/** A window's padding along both image axes. */
export type WindowPadding =
  | 'same'
  | 'valid'
  | readonly [readonly [number, number], readonly [number, number]];

/** A window that moves over an image; pairs are (vertical, horizontal). */
export interface Window {
  readonly size: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly padding: WindowPadding;
}

/** Where a window's outputs come from, along one axis. */
export interface Axis {
  readonly out: number;
  readonly before: number;
  readonly after: number;
}

/** Output size and padding along one axis, as TensorFlow defines `same` and `valid`. */
export function axisOf(length: number, window: Window, axis: 0 | 1): Axis {
  const { padding } = window;
  const stride = window.strides[axis];
  const reach = (window.size[axis] - 1) * window.dilation[axis] + 1;
  if (padding === 'same') {
    const out = Math.ceil(length / stride);
    const total = Math.max(0, (out - 1) * stride + reach - length);
    const before = Math.floor(total / 2);
    return { out, before, after: total - before };
  }
  const [before, after] = padding === 'valid' ? [0, 0] : padding[axis];
  return { out: Math.floor((length + before + after - reach) / stride) + 1, before, after };
}

/** Whether every axis has room for the window. */
export function fits(sizes: readonly [number, number], window: Window): boolean {
  return sizes.every((length, axis) => axisOf(length, window, axis as 0 | 1).out >= 1);
}

/** As tfjs's ops take it. */
export function tfjsPadding(padding: WindowPadding): 'same' | 'valid' | [number, number][] {
  if (typeof padding === 'string') return padding;
  return [[0, 0], [...padding[0]], [...padding[1]], [0, 0]];
}

/** Calls back with each output pixel, window position and the image's pixel there; those in the padding are left out. */
export function eachTap(
  sizes: readonly [number, number],
  window: Window,
  visit: (out: number, tap: number, pixel: number) => void,
): void {
  const [rows, columns] = [axisOf(sizes[0], window, 0), axisOf(sizes[1], window, 1)];
  for (let i = 0; i < rows.out; i++)
    for (let j = 0; j < columns.out; j++)
      for (let u = 0; u < window.size[0]; u++) {
        const y = i * window.strides[0] + u * window.dilation[0] - rows.before;
        if (y < 0 || y >= sizes[0]) continue;
        for (let v = 0; v < window.size[1]; v++) {
          const x = j * window.strides[1] + v * window.dilation[1] - columns.before;
          if (x < 0 || x >= sizes[1]) continue;
          visit(i * columns.out + j, u * window.size[1] + v, y * sizes[1] + x);
        }
      }
}

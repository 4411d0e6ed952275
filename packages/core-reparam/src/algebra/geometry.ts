import type { Padding, Site } from '@overparam/plugin';

/** Channels that come into a site. */
export function inputChannels({ kernelShape, groups = 1 }: Pick<Site, 'kernelShape' | 'groups'>): number {
  return kernelShape[2] * groups;
}

/** Height (axis 0) or width (axis 1) of what a site makes of an input of `size`; null stays null. */
export function outputSize(
  site: Pick<Site, 'kernelShape' | 'strides' | 'dilation' | 'padding'>,
  axis: 0 | 1,
  size: number | null,
): number | null {
  if (size === null) return null;
  const extent = site.dilation[axis] * (site.kernelShape[axis] - 1) + 1;
  return Math.floor((size + site.padding[axis][0] + site.padding[axis][1] - extent) / site.strides[axis]) + 1;
}

/**
 * The zeros that `same` means, TensorFlow's rule: output size ceil(size / stride), the odd pixel at the end.
 * Null where that depends on an unknown size.
 */
export function samePadding(
  kernel: readonly [number, number],
  strides: readonly [number, number],
  dilation: readonly [number, number],
  size: readonly [number | null, number | null],
): Padding | null {
  const axes = ([0, 1] as const).map((axis): [number, number] | null => {
    const extent = dilation[axis] * (kernel[axis] - 1) + 1;
    const stride = strides[axis];
    const length = size[axis];
    if (length === null && stride !== 1) return null;
    const output = length === null ? 0 : Math.ceil(length / stride);
    const total = length === null ? extent - 1 : Math.max(0, (output - 1) * stride + extent - length);
    return [Math.floor(total / 2), total - Math.floor(total / 2)];
  });
  const [vertical, horizontal] = axes;
  return vertical && horizontal ? [vertical, horizontal] : null;
}

/** Whether two paddings are the same numbers. */
export function equalPadding(a: Padding, b: Padding): boolean {
  return a.flat().join() === b.flat().join();
}

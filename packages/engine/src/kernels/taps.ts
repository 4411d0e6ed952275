import type { backend_util } from '@tensorflow/tfjs';

/** The outputs along one axis for which a tap of a kernel lies inside the input: `count` of them, from `first` on. */
export interface Reach {
  readonly first: number;
  readonly count: number;
  /** The input that the first of them reads; the next one reads `stride` further. */
  readonly input: number;
}

function reach(
  shift: number,
  stride: number,
  sizes: { readonly input: number; readonly output: number },
): Reach {
  const first = Math.max(0, Math.ceil(-shift / stride));
  const last = Math.min(sizes.output - 1, Math.floor((sizes.input - 1 - shift) / stride));
  return { first, count: Math.max(0, last - first + 1), input: first * stride + shift };
}

/** The reach of a kernel's row `ky`. */
export function rowReach(ky: number, info: backend_util.Conv2DInfo): Reach {
  const shift = ky * info.dilationHeight - info.padInfo.top;
  return reach(shift, info.strideHeight, { input: info.inHeight, output: info.outHeight });
}

/** The reach of a kernel's column `kx`. */
export function columnReach(kx: number, info: backend_util.Conv2DInfo): Reach {
  const shift = kx * info.dilationWidth - info.padInfo.left;
  return reach(shift, info.strideWidth, { input: info.inWidth, output: info.outWidth });
}

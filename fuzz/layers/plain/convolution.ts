import type { Expected, Plain } from '../case';
import { axisOf, eachTap, type Window } from './window';

/** Sums over taps and input channels: x `[n, h, w, cin]`, kernel `[kh, kw, cin, cout]`. */
export function convolved(x: Plain, kernel: Plain, window: Window): Expected {
  const [n, h, w, cin] = x.shape as [number, number, number, number];
  const cout = kernel.shape[3]!;
  return summed([n, h, w, cout], window, (image, pixel, tap, out, values, sizes) => {
    for (let c = 0; c < cin; c++) {
      const value = x.values[(image * h * w + pixel) * cin + c]!;
      const weights = (tap * cin + c) * cout;
      for (let o = 0; o < cout; o++) {
        const term = value * kernel.values[weights + o]!;
        values[out + o]! += term;
        sizes[out + o]! += Math.abs(term);
      }
    }
  });
}

/** Each channel for itself: x `[n, h, w, cin]`, kernel `[kh, kw, cin, multiplier]`. */
export function depthwiseConvolved(x: Plain, kernel: Plain, window: Window): Expected {
  const [n, h, w, cin] = x.shape as [number, number, number, number];
  const multiplier = kernel.shape[3]!;
  return summed([n, h, w, cin * multiplier], window, (image, pixel, tap, out, values, sizes) => {
    for (let c = 0; c < cin; c++) {
      const value = x.values[(image * h * w + pixel) * cin + c]!;
      for (let m = 0; m < multiplier; m++) {
        const term = value * kernel.values[(tap * cin + c) * multiplier + m]!;
        values[out + c * multiplier + m]! += term;
        sizes[out + c * multiplier + m]! += Math.abs(term);
      }
    }
  });
}

/** The transposed convolution: where {@link convolved} reads, this adds. x `[n, oh, ow, cin]`, kernel `[kh, kw, cout, cin]`. */
export function transposed(
  x: Plain,
  kernel: Plain,
  window: Window,
  image: readonly [number, number],
): Expected {
  const [n, oh, ow, cin] = x.shape as [number, number, number, number];
  const cout = kernel.shape[2]!;
  const [h, w] = image;
  const values = new Float64Array(n * h * w * cout);
  const sizes = new Float64Array(values.length);
  for (let example = 0; example < n; example++)
    eachTap(image, window, (out, tap, pixel) => {
      for (let o = 0; o < cout; o++)
        for (let c = 0; c < cin; c++) {
          const at = (example * h * w + pixel) * cout + o;
          const term =
            x.values[(example * oh * ow + out) * cin + c]! * kernel.values[(tap * cout + o) * cin + c]!;
          values[at]! += term;
          sizes[at]! += Math.abs(term);
        }
    });
  return { shape: [n, h, w, cout], values, scale: largest(sizes) };
}

type Tap = (
  image: number,
  pixel: number,
  tap: number,
  out: number,
  values: Float64Array,
  sizes: Float64Array,
) => void;

function summed(
  [n, h, w, cout]: readonly [number, number, number, number],
  window: Window,
  add: Tap,
): Expected {
  const [oh, ow] = [axisOf(h, window, 0).out, axisOf(w, window, 1).out];
  const values = new Float64Array(n * oh * ow * cout);
  const sizes = new Float64Array(values.length);
  for (let image = 0; image < n; image++)
    eachTap([h, w], window, (out, tap, pixel) => {
      add(image, pixel, tap, (image * oh * ow + out) * cout, values, sizes);
    });
  return { shape: [n, oh, ow, cout], values, scale: largest(sizes) };
}

/** The largest absolute value, NaN left out. */
export function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) if (Math.abs(values[i]!) > most) most = Math.abs(values[i]!);
  return most;
}

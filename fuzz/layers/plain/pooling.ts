import type { Expected, Plain } from '../case';
import { axisOf, eachTap, type Window } from './window';

type Shape4D = [number, number, number, number];

const outputShape = ([n, h, w, c]: Shape4D, window: Window): Shape4D => [
  n,
  axisOf(h, window, 0).out,
  axisOf(w, window, 1).out,
  c,
];

/** Largest value of each window, and its pixel (the first of equals); NaN where a window has one. */
export function maximumPooled(x: Plain, window: Window): Expected & { readonly from: Int32Array } {
  const [n, h, w, c] = x.shape as Shape4D;
  const shape = outputShape([n, h, w, c], window);
  const values = new Float64Array(n * shape[1] * shape[2] * c).fill(Number.NEGATIVE_INFINITY);
  const from = new Int32Array(values.length).fill(-1);
  for (let image = 0; image < n; image++)
    eachTap([h, w], window, (out, _tap, pixel) => {
      for (let k = 0; k < c; k++) {
        const at = (image * shape[1] * shape[2] + out) * c + k;
        const source = (image * h * w + pixel) * c + k;
        const value = x.values[source]!;
        if (value > values[at]! || from[at] === -1 || Number.isNaN(value)) {
          values[at] = Number.isNaN(values[at]!) ? Number.NaN : value;
          from[at] = source;
        }
      }
    });
  return { shape, values, from };
}

/** The mean of what each window sees of the image; 0 where it sees nothing. */
export function averagePooled(x: Plain, window: Window): Expected {
  const [n, h, w, c] = x.shape as Shape4D;
  const shape = outputShape([n, h, w, c], window);
  const values = new Float64Array(n * shape[1] * shape[2] * c);
  const counts = new Float64Array(values.length);
  let scale = 0;
  for (let image = 0; image < n; image++)
    eachTap([h, w], window, (out, _tap, pixel) => {
      for (let k = 0; k < c; k++) {
        const at = (image * shape[1] * shape[2] + out) * c + k;
        const value = x.values[(image * h * w + pixel) * c + k]!;
        values[at]! += value;
        counts[at]!++;
        if (Math.abs(value) > scale) scale = Math.abs(value);
      }
    });
  return { shape, values: values.map((sum, i) => (counts[i] === 0 ? 0 : sum / counts[i]!)), scale };
}

/** Gives each window's gradient to the pixel that its maximum came from. */
export function maximumPooledGradient(x: Plain, dy: Plain, window: Window): Plain {
  const { from } = maximumPooled(x, window);
  const values = new Float64Array(x.values.length);
  from.forEach((source, at) => {
    if (source >= 0) values[source]! += dy.values[at]!;
  });
  return { shape: x.shape, values };
}

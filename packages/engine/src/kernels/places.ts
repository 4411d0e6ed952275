/**
 * Max-pooling of 2x2 pixels with the place of each maximum, as loops over typed arrays. Images are `[n, h, w, c]`
 * with even sides; places are 0 (top left) to 3 (bottom right), `[n, h/2, w/2, c]`.
 */

import { takesOver } from './pooling';

type Shape4D = readonly number[];

/** Calls back with the first offset of each window: in the image, and among the windows. */
function eachWindow([n, h, w, c]: Shape4D, visit: (image: number, window: number) => void): void {
  let window = 0;
  for (let row = 0; row < n! * h!; row += 2) {
    for (let column = 0; column < w!; column += 2, window += c!) visit((row * w! + column) * c!, window);
  }
}

/** Offsets of the four corners of a window from its first. */
const cornersOf = ([, , w, c]: Shape4D): [number, number, number, number] => [0, c!, w! * c!, (w! + 1) * c!];

/** Writes each window's largest value and its place, the first of equals; where it has a NaN, that and its place. */
export function maxPlaces(x: Float32Array, shape: Shape4D, values: Float32Array, places: Float32Array): void {
  const [, right, below, across] = cornersOf(shape);
  const channels = shape[3]!;
  eachWindow(shape, (image, window) => {
    for (let c = 0; c < channels; c++) {
      const at = image + c;
      let best = x[at]!;
      let place = 0;
      if (takesOver(x[at + right]!, best)) {
        best = x[at + right]!;
        place = 1;
      }
      if (takesOver(x[at + below]!, best)) {
        best = x[at + below]!;
        place = 2;
      }
      if (takesOver(x[at + across]!, best)) {
        best = x[at + across]!;
        place = 3;
      }
      values[window + c] = best;
      places[window + c] = place;
    }
  });
}

/** Writes values at their places of an image of `shape` that is zero elsewhere. */
export function putPlaces(
  values: Float32Array,
  places: Float32Array,
  shape: Shape4D,
  image: Float32Array,
): void {
  const corners = cornersOf(shape);
  const channels = shape[3]!;
  image.fill(0);
  eachWindow(shape, (start, window) => {
    for (let c = 0; c < channels; c++) image[start + c + corners[places[window + c]!]!] = values[window + c]!;
  });
}

/** Reads an image of `shape` at places. */
export function takePlaces(
  image: Float32Array,
  places: Float32Array,
  shape: Shape4D,
  values: Float32Array,
): void {
  const corners = cornersOf(shape);
  const channels = shape[3]!;
  eachWindow(shape, (start, window) => {
    for (let c = 0; c < channels; c++) values[window + c] = image[start + c + corners[places[window + c]!]!]!;
  });
}

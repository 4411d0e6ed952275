import * as tf from '@tensorflow/tfjs';

type Info = tf.backend_util.Conv2DInfo;

/** The windows that a pooling kernel's attributes describe, over images of a shape. */
export function poolingOf(shape: readonly number[], attributes: object): Info {
  const { filterSize, strides, pad, dimRoundingMode } = attributes as unknown as {
    filterSize: [number, number];
    strides: [number, number];
    pad: 'same';
    dimRoundingMode?: 'floor';
  };
  return tf.backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
}

/** Calls back with each window: the offset of its output's first channel, and the image's rows and columns in it. */
function eachWindow(
  info: Info,
  visit: (out: number, image: number, rows: readonly number[], columns: readonly number[]) => void,
): void {
  const inside = (start: number, length: number, dilation: number, size: number) => {
    const found: number[] = [];
    for (let at = 0; at < length; at++) {
      const position = start + at * dilation;
      if (position >= 0 && position < size) found.push(position);
    }
    return found;
  };
  const columnsOf = Array.from({ length: info.outWidth }, (_, x) =>
    inside(x * info.strideWidth - info.padInfo.left, info.filterWidth, info.dilationWidth, info.inWidth),
  );
  let out = 0;
  for (let n = 0; n < info.batchSize; n++) {
    for (let y = 0; y < info.outHeight; y++) {
      const top = y * info.strideHeight - info.padInfo.top;
      const rows = inside(top, info.filterHeight, info.dilationHeight, info.inHeight);
      for (const columns of columnsOf) {
        visit(out, n * info.inHeight, rows, columns);
        out += info.inChannels;
      }
    }
  }
}

/** Whether a value takes the place of the largest so far: it is larger, or the first that is not a number. */
export const takesOver = (value: number, best: number): boolean =>
  value > best || (Number.isNaN(value) && !Number.isNaN(best));

/** Largest value of each window; NaN where it has one. */
export function maximumOfWindows(x: Float32Array, out: Float32Array, info: Info): void {
  const { inChannels, inWidth } = info;
  out.fill(Number.NEGATIVE_INFINITY);
  eachWindow(info, (to, image, rows, columns) => {
    for (const row of rows) {
      for (const column of columns) {
        const from = ((image + row) * inWidth + column) * inChannels;
        for (let c = 0; c < inChannels; c++) {
          const value = x[from + c]!;
          if (takesOver(value, out[to + c]!)) out[to + c] = value;
        }
      }
    }
  });
}

/** Gives the gradient of each window to its largest value, the first of equals; added to `dx`. */
export function maximumGradient(dy: Float32Array, x: Float32Array, dx: Float32Array, info: Info): void {
  const { inChannels, inWidth } = info;
  const best = new Float32Array(inChannels);
  const places = new Int32Array(inChannels);
  eachWindow(info, (out, image, rows, columns) => {
    places.fill(-1);
    for (const row of rows) {
      for (const column of columns) {
        const from = ((image + row) * inWidth + column) * inChannels;
        for (let c = 0; c < inChannels; c++) {
          const value = x[from + c]!;
          if (places[c]! < 0 || takesOver(value, best[c]!)) {
            best[c] = value;
            places[c] = from + c;
          }
        }
      }
    }
    for (let c = 0; c < inChannels; c++) {
      const place = places[c]!;
      if (place >= 0) dx[place] = dx[place]! + dy[out + c]!;
    }
  });
}

/** Mean of what each window sees of the image; 0 where it sees nothing. */
export function meanOfWindows(x: Float32Array, out: Float32Array, info: Info): void {
  const { inChannels, inWidth } = info;
  const sums = new Float64Array(inChannels);
  eachWindow(info, (to, image, rows, columns) => {
    sums.fill(0);
    for (const row of rows) {
      for (const column of columns) {
        const from = ((image + row) * inWidth + column) * inChannels;
        for (let c = 0; c < inChannels; c++) sums[c] = sums[c]! + x[from + c]!;
      }
    }
    const count = Math.max(1, rows.length * columns.length);
    for (let c = 0; c < inChannels; c++) out[to + c] = sums[c]! / count;
  });
}

/** Gives each pixel that a window sees an equal share of its gradient; added to `dx`. */
export function meanGradient(dy: Float32Array, dx: Float32Array, info: Info): void {
  const { inChannels, inWidth } = info;
  eachWindow(info, (out, image, rows, columns) => {
    const share = 1 / (rows.length * columns.length);
    for (const row of rows) {
      for (const column of columns) {
        const to = ((image + row) * inWidth + column) * inChannels;
        for (let c = 0; c < inChannels; c++) dx[to + c] = dx[to + c]! + dy[out + c]! * share;
      }
    }
  });
}

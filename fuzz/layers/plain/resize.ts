import type { Expected, Plain } from '../case';

/** How positions of the output lie over the image. */
export interface Resizing {
  readonly size: readonly [number, number];
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

/** Where output pixel `i` of `to` looks along an axis of `from` pixels. */
function positionOf(
  i: number,
  from: number,
  to: number,
  { alignCorners, halfPixelCenters }: Resizing,
): number {
  if (alignCorners && to > 1) return (i * (from - 1)) / (to - 1);
  return halfPixelCenters ? ((i + 0.5) * from) / to - 0.5 : (i * from) / to;
}

function eachPixel(x: Plain, { size }: Resizing, visit: (image: number, i: number, j: number) => void): void {
  for (let image = 0; image < x.shape[0]!; image++)
    for (let i = 0; i < size[0]; i++) for (let j = 0; j < size[1]; j++) visit(image, i, j);
}

/** Between the two pixels on either side, along both axes; ends go on as they are. */
export function bilinear(x: Plain, resizing: Resizing): Expected {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const [height, width] = resizing.size;
  const values = new Float64Array(n * height * width * c);
  const along = (i: number, from: number, to: number) => {
    const at = Math.min(from - 1, Math.max(0, positionOf(i, from, to, resizing)));
    const first = Math.min(Math.floor(at), from - 1);
    return { first, second: Math.min(first + 1, from - 1), share: at - first };
  };
  let out = 0;
  eachPixel(x, resizing, (image, i, j) => {
    const [row, column] = [along(i, h, height), along(j, w, width)];
    for (let k = 0; k < c; k++) {
      const at = (y: number, z: number) => x.values[((image * h + y) * w + z) * c + k]!;
      const top =
        at(row.first, column.first) * (1 - column.share) + at(row.first, column.second) * column.share;
      const bottom =
        at(row.second, column.first) * (1 - column.share) + at(row.second, column.second) * column.share;
      values[out++] = top * (1 - row.share) + bottom * row.share;
    }
  });
  return { shape: [n, height, width, c], values };
}

/** The pixel below the position, or the nearest where corners are aligned. */
export function nearest(x: Plain, resizing: Resizing): Expected {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const [height, width] = resizing.size;
  const values = new Float64Array(n * height * width * c);
  const along = (i: number, from: number, to: number) => {
    const { alignCorners, halfPixelCenters } = resizing;
    const at =
      halfPixelCenters && !alignCorners
        ? positionOf(i, from, to, resizing) + 0.5
        : positionOf(i, from, to, resizing);
    return Math.min(from - 1, Math.max(0, alignCorners ? Math.round(at) : Math.floor(at)));
  };
  let out = 0;
  eachPixel(x, resizing, (image, i, j) => {
    const [row, column] = [along(i, h, height), along(j, w, width)];
    for (let k = 0; k < c; k++) values[out++] = x.values[((image * h + row) * w + column) * c + k]!;
  });
  return { shape: [n, height, width, c], values };
}

/**
 * Whether an output pixel looks exactly at the border of two pixels of the image, where rounding decides which of them
 * is the nearest.
 */
export function looksAtBorder(from: number, to: number, resizing: Resizing): boolean {
  for (let i = 0; i < to; i++) {
    const { alignCorners, halfPixelCenters } = resizing;
    const at = positionOf(i, from, to, resizing) + (alignCorners ? 0.5 : halfPixelCenters ? 0.5 : 0);
    const off = Math.abs(at - Math.round(at));
    // Whole positions that come of whole factors are exact.
    if (off < 1e-6 && (alignCorners || halfPixelCenters)) return true;
  }
  return false;
}

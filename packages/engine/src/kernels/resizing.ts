/** Where a resized image looks along one axis: two pixels, and the share of the second. */
interface Look {
  readonly first: number;
  readonly second: number;
  readonly share: number;
}

/** How an image's pixels lie over those of a resized one. */
export interface Alignment {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

function looks(from: number, to: number, { alignCorners, halfPixelCenters }: Alignment): Look[] {
  return Array.from({ length: to }, (_, i) => {
    const aligned = alignCorners && to > 1;
    const at = aligned
      ? (i * (from - 1)) / (to - 1)
      : halfPixelCenters
        ? ((i + 0.5) * from) / to - 0.5
        : (i * from) / to;
    const inside = Math.min(from - 1, Math.max(0, at));
    const first = Math.floor(inside);
    return { first, second: Math.min(first + 1, from - 1), share: inside - first };
  });
}

/** Gradient of bilinear resizing: each pixel's goes to the four between which it looked; added to `dx`. */
export function bilinearGradient(
  dy: Float32Array,
  dx: Float32Array,
  [n, h, w, c]: readonly [number, number, number, number],
  [height, width]: readonly [number, number],
  alignment: Alignment,
): void {
  const rows = looks(h, height, alignment);
  const columns = looks(w, width, alignment);
  let from = 0;
  const add = (image: number, row: number, column: number, factor: number) => {
    if (factor === 0) return;
    const to = ((image * h + row) * w + column) * c;
    for (let k = 0; k < c; k++) dx[to + k] = dx[to + k]! + dy[from + k]! * factor;
  };
  for (let image = 0; image < n; image++) {
    for (const row of rows) {
      for (const column of columns) {
        add(image, row.first, column.first, (1 - row.share) * (1 - column.share));
        add(image, row.first, column.second, (1 - row.share) * column.share);
        add(image, row.second, column.first, row.share * (1 - column.share));
        add(image, row.second, column.second, row.share * column.share);
        from += c;
      }
    }
  }
}

/**
 * Gradient of resizing by the nearest pixel; added to `dx`.
 *
 * @param rows     for each row of the resized image the one that it was taken from
 * @param columns  as rows
 */
export function nearestGradient(
  dy: Float32Array,
  dx: Float32Array,
  [n, h, w, c]: readonly [number, number, number, number],
  rows: ArrayLike<number>,
  columns: ArrayLike<number>,
): void {
  let from = 0;
  for (let image = 0; image < n; image++) {
    for (let i = 0; i < rows.length; i++) {
      for (let j = 0; j < columns.length; j++) {
        const to = ((image * h + rows[i]!) * w + columns[j]!) * c;
        for (let k = 0; k < c; k++) dx[to + k] = dx[to + k]! + dy[from + k]!;
        from += c;
      }
    }
  }
}

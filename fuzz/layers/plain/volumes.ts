import type { Expected, Plain } from '../case';

type Triple = readonly [number, number, number];

/** A window that moves over a volume; triples are (depth, vertical, horizontal). */
export interface Cuboid {
  readonly size: Triple;
  readonly strides: Triple;
  readonly padding: 'same' | 'valid';
}

/** For each output along an axis, the positions that its window sees. */
function seen(length: number, { size, strides, padding }: Cuboid, axis: 0 | 1 | 2): number[][] {
  const [window, stride] = [size[axis], strides[axis]];
  const out = padding === 'same' ? Math.ceil(length / stride) : Math.floor((length - window) / stride) + 1;
  const before = padding === 'same' ? Math.floor(Math.max(0, (out - 1) * stride + window - length) / 2) : 0;
  return Array.from({ length: Math.max(0, out) }, (_, i) =>
    Array.from({ length: window }, (_, tap) => i * stride + tap - before).filter(
      (at) => at >= 0 && at < length,
    ),
  );
}

/** What each window of volumes `[n, d, h, w, c]` comes to. */
function overWindows(x: Plain, cuboid: Cuboid, summed: (values: readonly number[]) => number): Expected {
  const [n, d, h, w, c] = x.shape as [number, number, number, number, number];
  const [depths, rows, columns] = [seen(d, cuboid, 0), seen(h, cuboid, 1), seen(w, cuboid, 2)];
  const values: number[] = [];
  for (let image = 0; image < n; image++)
    for (const inDepth of depths)
      for (const inRow of rows)
        for (const inColumn of columns)
          for (let k = 0; k < c; k++) {
            const all = inDepth.flatMap((z) =>
              inRow.flatMap((y) =>
                inColumn.map((at) => x.values[(((image * d + z) * h + y) * w + at) * c + k]!),
              ),
            );
            values.push(summed(all));
          }
  return {
    shape: [n, depths.length, rows.length, columns.length, c],
    values: Float64Array.from(values),
    scale: x.values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0),
  };
}

/** Largest value of each window. */
export const maximumOfCuboids = (x: Plain, cuboid: Cuboid): Expected =>
  overWindows(x, cuboid, (values) => Math.max(...values));

/** Mean of what each window sees. */
export const meanOfCuboids = (x: Plain, cuboid: Cuboid): Expected =>
  overWindows(x, cuboid, (values) => values.reduce((sum, value) => sum + value, 0) / values.length);

import type { Scene } from './scene';

/** What one output row or column is made of: inputs from `first` on, each with its weight. */
interface Span {
  readonly first: number;
  readonly weights: readonly number[];
}

/**
 * Resizes a whole scene; the size that it has already leaves it as it is.
 *
 * Images are averaged over each output pixel's area, weighted by coverage (bilinear, at half-pixel centres, along an axis that
 * grows). Normals likewise over the valid pixels, then made unit length; a pixel is valid if half of its area
 * is. Labels and depth, whose averages over an edge mean nothing, are those of the pixel at the centre. What a
 * scene shows stays the same, so depth does not change.
 */
export function resizeScene(scene: Scene, height: number, width: number): Scene {
  if (scene.height === height && scene.width === width) return scene;
  const rows = spans(scene.height, height);
  const columns = spans(scene.width, width);
  const { image, normals } = scene;
  return {
    height,
    width,
    image: averageImage(image, scene.width, rows, columns),
    segmentation: scene.segmentation && centres(scene.segmentation, scene, height, width),
    depth: scene.depth && centres(scene.depth, scene, height, width),
    normals: normals && averageNormals(normals, scene.width, rows, columns),
  };
}

/** Weights that sum to 1: shares of the area where the axis shrinks, linear between centres where it grows. */
function spans(from: number, to: number): Span[] {
  const step = from / to;
  return Array.from({ length: to }, (_, index) => {
    if (to >= from) {
      const at = Math.min(from - 1, Math.max(0, (index + 0.5) * step - 0.5));
      const first = Math.min(Math.floor(at), Math.max(0, from - 2));
      return from === 1 ? { first: 0, weights: [1] } : { first, weights: [1 - (at - first), at - first] };
    }
    const low = index * step;
    const high = Math.min(from, (index + 1) * step);
    const first = Math.floor(low);
    const last = Math.max(first, Math.ceil(high - 1e-9) - 1);
    const weights = Array.from(
      { length: last - first + 1 },
      (_, k) => (Math.min(high, first + k + 1) - Math.max(low, first + k)) / (high - low),
    );
    return { first, weights };
  });
}

function averageImage(
  image: Uint8Array | Float32Array,
  width: number,
  rows: readonly Span[],
  columns: readonly Span[],
): Float32Array {
  const scale = image instanceof Uint8Array ? 1 / 255 : 1;
  const result = new Float32Array(rows.length * columns.length * 3);
  let to = 0;
  for (const row of rows) {
    for (const column of columns) {
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let y = 0; y < row.weights.length; y++) {
        let at = ((row.first + y) * width + column.first) * 3;
        for (let x = 0; x < column.weights.length; x++) {
          const weight = row.weights[y]! * column.weights[x]! * scale;
          red += weight * image[at]!;
          green += weight * image[at + 1]!;
          blue += weight * image[at + 2]!;
          at += 3;
        }
      }
      result[to++] = red;
      result[to++] = green;
      result[to++] = blue;
    }
  }
  return result;
}

function averageNormals(
  normals: Int8Array | Float32Array,
  width: number,
  rows: readonly Span[],
  columns: readonly Span[],
): Float32Array {
  const result = new Float32Array(rows.length * columns.length * 3);
  let to = 0;
  for (const row of rows) {
    for (const column of columns) {
      let nx = 0;
      let ny = 0;
      let nz = 0;
      let valid = 0;
      for (let y = 0; y < row.weights.length; y++) {
        let at = ((row.first + y) * width + column.first) * 3;
        for (let x = 0; x < column.weights.length; x++) {
          const weight = row.weights[y]! * column.weights[x]!;
          if (normals[at] !== 0 || normals[at + 1] !== 0 || normals[at + 2] !== 0) valid += weight;
          nx += weight * normals[at]!;
          ny += weight * normals[at + 1]!;
          nz += weight * normals[at + 2]!;
          at += 3;
        }
      }
      const length = Math.sqrt(nx * nx + ny * ny + nz * nz);
      if (valid >= 0.5 - 1e-9 && length > 1e-6) {
        result[to] = nx / length;
        result[to + 1] = ny / length;
        result[to + 2] = nz / length;
      }
      to += 3;
    }
  }
  return result;
}

/** The pixel that each output pixel's centre lies in. */
function centres<T extends Int8Array | Float32Array>(
  values: T,
  from: { readonly height: number; readonly width: number },
  height: number,
  width: number,
): T {
  const pixels = height * width;
  const result = values instanceof Int8Array ? new Int8Array(pixels) : new Float32Array(pixels);
  for (let y = 0, to = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * from.height) / height) * from.width;
    for (let x = 0; x < width; x++, to++) {
      result[to] = values[row + Math.floor(((x + 0.5) * from.width) / width)]!;
    }
  }
  return result as T;
}

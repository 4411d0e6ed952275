import type { NyuExample } from './scene';

/** One drawn change of a scene; plain numbers, so that it can be sent to another thread. */
export interface Crop {
  /** Rows and columns of the scene that are kept. */
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
  /** What depth is divided by. */
  readonly scale: number;
  readonly mirrored: boolean;
  readonly corrected: boolean;
}

/** For each output row or column: two inputs and the second one's weight. */
interface Blend {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly weight: Float32Array;
}

/**
 * Crops a scene, resizes the crop to the scene's size, and mirrors it. Pure; the example stays as it is.
 *
 * As the MTAN code does it with PyTorch: image and normals `bilinear` with `align_corners=True`, labels and depth
 * `nearest`, depth divided by the scale, the normals' x negated in the mirror. See `Augmentation.sideEffects`
 * for `corrected`.
 */
export function cropScene(example: NyuExample, crop: Crop): NyuExample {
  const { height, width } = example;
  const rows = blend(crop.top, crop.height, height, false);
  const columns = blend(crop.left, crop.width, width, crop.mirrored);
  const nearest = crop.corrected ? nearestOf : floorNearest;
  const rowOf = nearest(crop.top, crop.height, height, false);
  const columnOf = nearest(crop.left, crop.width, width, crop.mirrored);
  const normals = crop.corrected
    ? blendValid(example.normals, width, rows, columns)
    : blendAll(example.normals, width, rows, columns);
  if (crop.mirrored) for (let i = 0; i < normals.length; i += 3) normals[i] = -normals[i]!;
  const segmentation = new Int8Array(example.segmentation.length);
  const depth = new Float32Array(example.depth.length);
  for (let y = 0, to = 0; y < height; y++) {
    const row = rowOf[y]! * width;
    for (let x = 0; x < width; x++, to++) {
      const from = row + columnOf[x]!;
      segmentation[to] = example.segmentation[from]!;
      depth[to] = example.depth[from]! / crop.scale;
    }
  }
  return {
    height,
    width,
    image: blendAll(example.image, width, rows, columns),
    segmentation,
    depth,
    normals,
  };
}

/** Where output `index` lies in the input, in single precision as PyTorch computes it. */
function aligned(index: number, from: number, to: number): number {
  const step = to > 1 ? Math.fround((from - 1) / (to - 1)) : 0;
  return from === to ? index : Math.fround(step * index);
}

function blend(start: number, from: number, to: number, mirrored: boolean): Blend {
  const first = new Int32Array(to);
  const second = new Int32Array(to);
  const weight = new Float32Array(to);
  for (let index = 0; index < to; index++) {
    const at = aligned(index, from, to);
    const low = Math.min(Math.floor(at), from - 1);
    const place = mirrored ? to - 1 - index : index;
    first[place] = start + low;
    second[place] = start + Math.min(low + 1, from - 1);
    weight[place] = Math.min(1, Math.max(0, at - low));
  }
  return { first, second, weight };
}

/** PyTorch's `nearest`: floor(index * from / to), in single precision. */
function floorNearest(start: number, from: number, to: number, mirrored: boolean): Int32Array {
  const step = Math.fround(from / to);
  return places(to, mirrored, (index) => start + Math.min(Math.floor(Math.fround(index * step)), from - 1));
}

/** The input nearest to where the image is read. */
function nearestOf(start: number, from: number, to: number, mirrored: boolean): Int32Array {
  return places(
    to,
    mirrored,
    (index) => start + Math.min(Math.floor(aligned(index, from, to) + 0.5), from - 1),
  );
}

function places(to: number, mirrored: boolean, placeOf: (index: number) => number): Int32Array {
  const result = Int32Array.from({ length: to }, (_, index) => placeOf(index));
  return mirrored ? result.reverse() : result;
}

/** Bilinear, each of the three channels by itself. */
function blendAll(from: Float32Array, width: number, rows: Blend, columns: Blend): Float32Array {
  const result = new Float32Array(from.length);
  let to = 0;
  for (let y = 0; y < rows.first.length; y++) {
    const top = rows.first[y]! * width;
    const bottom = rows.second[y]! * width;
    const down = rows.weight[y]!;
    for (let x = 0; x < columns.first.length; x++) {
      const right = columns.weight[x]!;
      const a = (top + columns.first[x]!) * 3;
      const b = (top + columns.second[x]!) * 3;
      const c = (bottom + columns.first[x]!) * 3;
      const d = (bottom + columns.second[x]!) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const upper = (1 - right) * from[a + channel]! + right * from[b + channel]!;
        const lower = (1 - right) * from[c + channel]! + right * from[d + channel]!;
        result[to++] = (1 - down) * upper + down * lower;
      }
    }
  }
  return result;
}

/** Bilinear over the valid normals, of unit length; valid where at least half of the weight is. */
function blendValid(from: Float32Array, width: number, rows: Blend, columns: Blend): Float32Array {
  const valid = new Float32Array(from.length);
  for (let i = 0; i < from.length; i += 3) {
    if (from[i] !== 0 || from[i + 1] !== 0 || from[i + 2] !== 0) valid[i] = 1;
  }
  const result = blendAll(from, width, rows, columns);
  const share = blendAll(valid, width, rows, columns);
  for (let i = 0; i < result.length; i += 3) {
    const length = Math.hypot(result[i]!, result[i + 1]!, result[i + 2]!);
    const factor = share[i]! >= 0.5 && length > 1e-6 ? 1 / length : 0;
    for (let channel = 0; channel < 3; channel++) result[i + channel] = result[i + channel]! * factor;
  }
  return result;
}

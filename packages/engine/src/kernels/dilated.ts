import * as tf from '@tensorflow/tfjs';
import { columnReach, rowReach } from './taps';

/**
 * Gradients of a dilated convolution as sums over its taps, each a product of matrices: exact on every backend, at
 * the cost of the convolution itself whatever the rate (a kernel stuffed with zeros costs rate² times as much).
 */

interface Overlap {
  readonly ky: number;
  readonly kx: number;
  /** First output row and column whose tap lies inside the input, and how many do. */
  readonly outY: number;
  readonly outX: number;
  readonly rows: number;
  readonly columns: number;
  /** The input position that the first of them reads. */
  readonly inY: number;
  readonly inX: number;
}

function overlaps(info: tf.backend_util.Conv2DInfo): Overlap[] {
  const found: Overlap[] = [];
  for (let ky = 0; ky < info.filterHeight; ky++) {
    const y = rowReach(ky, info);
    for (let kx = 0; kx < info.filterWidth; kx++) {
      const x = columnReach(kx, info);
      if (y.count === 0 || x.count === 0) continue;
      const origin = { outY: y.first, outX: x.first, inY: y.input, inX: x.input };
      found.push({ ky, kx, rows: y.count, columns: x.count, ...origin });
    }
  }
  return found;
}

/** dy where the tap reads inside the input, as `[pixels, cout]`. */
function gradientRows(dy: tf.Tensor4D, at: Overlap, info: tf.backend_util.Conv2DInfo): tf.Tensor2D {
  const part = tf.slice(dy, [0, at.outY, at.outX, 0], [-1, at.rows, at.columns, -1]);
  return tf.reshape(part, [-1, info.outChannels]) as tf.Tensor2D;
}

/** Gradient with respect to the input of a convolution `info` describes; the caller disposes it. */
export function tapInputGradient(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  info: tf.backend_util.Conv2DInfo,
): tf.Tensor4D {
  const { batchSize, inHeight, inWidth, inChannels, strideHeight, strideWidth } = info;
  return tf.tidy(() => {
    let sum: tf.Tensor = tf.zeros(info.inShape);
    for (const at of overlaps(info)) {
      const weights = tf.reshape(tf.slice(filter, [at.ky, at.kx, 0, 0], [1, 1, -1, -1]), [inChannels, -1]);
      const product = tf.matMul(gradientRows(dy, at, info), weights as tf.Tensor2D, false, true);
      // Strides: each value is followed by zeros, up to the next position that the tap reads.
      const height = at.rows * strideHeight;
      const width = at.columns * strideWidth;
      const tall = followedByZeros(product, [batchSize * at.rows, at.columns * inChannels], strideHeight);
      const apart = followedByZeros(tall, [batchSize * height * at.columns, inChannels], strideWidth);
      const grid = tf.reshape(apart, [batchSize, height, width, inChannels]) as tf.Tensor4D;
      const [rows, columns] = [Math.min(height, inHeight - at.inY), Math.min(width, inWidth - at.inX)];
      const inside = tf.slice(grid, [0, 0, 0, 0], [-1, rows, columns, -1]);
      const placed = tf.pad(inside, [
        [0, 0],
        [at.inY, inHeight - at.inY - rows],
        [at.inX, inWidth - at.inX - columns],
        [0, 0],
      ]);
      sum = tf.add(sum, placed);
    }
    return sum as tf.Tensor4D;
  });
}

/** Rows of `[rows, length]`, each with rows of zeros behind it; three axes, as WebGL pads no more than four. */
function followedByZeros(x: tf.Tensor, [rows, length]: readonly [number, number], stride: number): tf.Tensor {
  if (stride === 1) return x;
  return tf.pad(tf.reshape(x, [rows, 1, length]), [
    [0, 0],
    [0, stride - 1],
    [0, 0],
  ]);
}

/** Gradient with respect to the kernel, HWIO; the caller disposes it. */
export function tapFilterGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  info: tf.backend_util.Conv2DInfo,
): tf.Tensor4D {
  return tf.tidy(() => {
    const found = overlaps(info);
    const taps: tf.Tensor2D[] = [];
    for (let ky = 0; ky < info.filterHeight; ky++) {
      for (let kx = 0; kx < info.filterWidth; kx++) {
        const at = found.find((one) => one.ky === ky && one.kx === kx);
        if (at === undefined) {
          taps.push(tf.zeros([info.inChannels, info.outChannels]));
          continue;
        }
        const begin = [0, at.inY, at.inX, 0];
        const end = [
          info.batchSize,
          at.inY + (at.rows - 1) * info.strideHeight + 1,
          at.inX + (at.columns - 1) * info.strideWidth + 1,
          info.inChannels,
        ];
        const read = tf.stridedSlice(x, begin, end, [1, info.strideHeight, info.strideWidth, 1]);
        const pixels = tf.reshape(read, [-1, info.inChannels]) as tf.Tensor2D;
        taps.push(tf.matMul(pixels, gradientRows(dy, at, info), true, false));
      }
    }
    return tf.reshape(tf.stack(taps), info.filterShape) as tf.Tensor4D;
  });
}

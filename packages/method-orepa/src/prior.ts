import type { Tensor3D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';

/**
 * The fixed frequency prior, a cosine for each output channel: along columns of the window in the first half of the
 * channels, along rows in the second.
 *
 * cos(pi (h + 1/2) (o + 1) / kh) for o < cout / 2, cos(pi (w + 1/2) (o + 1 - cout / 2) / kw) for the others. The
 * released code divides by 3 whatever the size and fills only 3x3 places; here a window of any size has its own.
 *
 * @returns `[kh, kw, cout]`; the caller disposes
 */
export function frequencyPrior([kh, kw]: readonly [number, number], cout: number): Tensor3D {
  const half = cout / 2;
  const values = new Float32Array(kh * kw * cout);
  for (let h = 0; h < kh; h++)
    for (let w = 0; w < kw; w++)
      for (let o = 0; o < cout; o++) {
        const phase = o < half ? ((h + 0.5) * (o + 1)) / kh : ((w + 0.5) * (o + 1 - half)) / kw;
        values[(h * kw + w) * cout + o] = Math.cos(Math.PI * phase);
      }
  return tf.tensor3d(values, [kh, kw, cout]);
}

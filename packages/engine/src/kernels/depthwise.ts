import type { backend_util } from '@tensorflow/tfjs';
import { columnReach, rowReach } from './taps';

/**
 * Visits every pair of an input row segment and an output row segment that a depthwise kernel position connects:
 * `work(x, dy, tap, count)` with float indices of the first pixels, the kernel position and the pixel count.
 */
function connections(
  info: backend_util.Conv2DInfo,
  work: (x: number, dy: number, tap: number, count: number) => void,
): void {
  const { inHeight, inWidth, outHeight, outWidth } = info;
  for (let n = 0; n < info.batchSize; n++) {
    for (let ky = 0; ky < info.filterHeight; ky++) {
      const rows = rowReach(ky, info);
      for (let kx = 0; kx < info.filterWidth; kx++) {
        const columns = columnReach(kx, info);
        if (columns.count === 0) continue;
        for (let row = 0; row < rows.count; row++) {
          const y = n * inHeight + rows.input + row * info.strideHeight;
          const x = (y * inWidth + columns.input) * info.inChannels;
          const dy = ((n * outHeight + rows.first + row) * outWidth + columns.first) * info.outChannels;
          work(x, dy, ky * info.filterWidth + kx, columns.count);
        }
      }
    }
  }
}

/** Gradient of a depthwise convolution with respect to its kernel `[kh, kw, cin, multiplier]`, added to `out`. */
export function depthwiseFilterGradient(
  x: Float32Array,
  dy: Float32Array,
  out: Float32Array,
  info: backend_util.Conv2DInfo,
): void {
  const multiplier = info.outChannels / info.inChannels;
  const sums = new Float64Array(info.outChannels);
  connections(info, (xStart, dyStart, tap, count) => {
    sums.fill(0);
    for (let i = 0; i < count; i++) {
      const from = xStart + i * info.strideWidth * info.inChannels;
      const at = dyStart + i * info.outChannels;
      for (let o = 0; o < info.outChannels; o++) {
        const c = multiplier === 1 ? o : Math.floor(o / multiplier);
        sums[o] = (sums[o] as number) + (x[from + c] as number) * (dy[at + o] as number);
      }
    }
    const to = tap * info.outChannels;
    for (let o = 0; o < info.outChannels; o++) out[to + o] = (out[to + o] as number) + (sums[o] as number);
  });
}

/** Gradient of a depthwise convolution with respect to its input, added to `out`. */
export function depthwiseInputGradient(
  dy: Float32Array,
  filter: Float32Array,
  out: Float32Array,
  info: backend_util.Conv2DInfo,
): void {
  const multiplier = info.outChannels / info.inChannels;
  connections(info, (xStart, dyStart, tap, count) => {
    for (let i = 0; i < count; i++) {
      const to = xStart + i * info.strideWidth * info.inChannels;
      const at = dyStart + i * info.outChannels;
      for (let o = 0; o < info.outChannels; o++) {
        const c = to + (multiplier === 1 ? o : Math.floor(o / multiplier));
        out[c] = (out[c] as number) + (dy[at + o] as number) * (filter[tap * info.outChannels + o] as number);
      }
    }
  });
}

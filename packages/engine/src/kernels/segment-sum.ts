import * as tf from '@tensorflow/tfjs';

const kernelName = 'UnsortedSegmentSum';

/**
 * Registers, for a backend that lacks it, the sum over rows by segments: what the gradient of an embedding needs. Each
 * row of the result is the sum of the rows that are of its segment, as a product with a matrix of ones and zeros.
 */
export function registerSegmentSum(backendName: string): void {
  if (tf.getKernel(kernelName, backendName) !== undefined) return;
  tf.registerKernel({
    kernelName,
    backendName,
    kernelFunc: ({ inputs, attrs }) =>
      tf.tidy(() => {
        const { x, segmentIds } = inputs as unknown as Record<string, tf.Tensor>;
        const { numSegments } = attrs as unknown as { readonly numSegments: number };
        const rest = x!.shape.slice(segmentIds!.rank);
        const segments = tf.oneHot(tf.cast(segmentIds!.flatten(), 'int32'), numSegments);
        const rows = tf.reshape(x!, [segmentIds!.size, -1]);
        const sums = tf.matMul(tf.cast(segments, 'float32'), rows, true);
        return tf.reshape(sums, [numSegments, ...rest]);
      }) as unknown as tf.TensorInfo,
  });
}

import * as tf from '@tensorflow/tfjs';
import { backwardPasses } from './backward';
import { compile } from './compile';
import { keyFromSeed } from './keys';
import { type Precision, precisionProblem } from './precision';
import { normalTensor } from './random';

/** What a small training step took, in milliseconds: the median of its turns. */
export interface PrecisionTiming {
  readonly float32: number;
  readonly bfloat16: number;
}

/** As a layer in the middle of a ResNet for small images has them. */
const shape = { images: 16, side: 16, channels: 64 } as const;
const turns = 7;

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/**
 * Times a 3x3 convolution with both of its gradients in either precision, in turns on the current backend; null where
 * it has no bfloat16. Takes less than a second.
 */
export async function timePrecisions(): Promise<PrecisionTiming | null> {
  if (precisionProblem('bfloat16') !== null) return null;
  const { images, side, channels } = shape;
  const inputs = {
    x: normalTensor(keyFromSeed(1), [images, side, side, channels], 0, 1),
    w: normalTensor(keyFromSeed(2), [3, 3, channels, channels], 0, 0.05),
  };
  const stepIn = (precision: Precision) =>
    compile(
      ({ x, w }) =>
        backwardPasses(
          () => {
            const [image, filter] = [tf.mul(x!, 1) as tf.Tensor4D, tf.mul(w!, 1) as tf.Tensor4D];
            const hidden = tf.relu(tf.conv2d(image, filter, 1, 'same'));
            return { image, filter, loss: tf.sum(tf.conv2d(hidden, filter, 1, 'same')) };
          },
          ({ image, filter, loss }, backward): Record<string, tf.Tensor> => {
            const [dx, dw] = backward(loss, [image, filter]);
            return { sum: tf.add(tf.sum(dx!), tf.sum(dw!)) };
          },
        ),
      { precision },
    );
  const steps = { float32: stepIn('float32'), bfloat16: stepIn('bfloat16') };
  const times: Record<Precision, number[]> = { float32: [], bfloat16: [] };
  try {
    for (let turn = 0; turn <= turns; turn++) {
      for (const precision of ['float32', 'bfloat16'] as const) {
        const started = performance.now();
        const { sum } = steps[precision](inputs);
        await sum!.data();
        sum!.dispose();
        // The first one compiles.
        if (turn > 0) times[precision].push(performance.now() - started);
      }
    }
  } finally {
    tf.dispose(inputs);
    steps.float32.dispose();
    steps.bfloat16.dispose();
  }
  return { float32: median(times.float32), bfloat16: median(times.bfloat16) };
}

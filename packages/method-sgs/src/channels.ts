import type { Site } from '@overparam/plugin';
import type { Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';

/** Images by channel, in one array: channel after channel, in it image after image, row after row. */
export interface Channels {
  readonly data: Float32Array;
  readonly channels: number;
  readonly images: number;
  readonly height: number;
  readonly width: number;
}

/**
 * What a layer sees, its zero padding included, channel by channel.
 *
 * @param inputs  `[n, h, w, cin]`, borrowed
 */
export function channelsOf(inputs: readonly Tensor4D[], { padding }: Site): Promise<Channels[]> {
  const around: [number, number][] = [[0, 0], [...padding[0]], [...padding[1]], [0, 0]];
  return Promise.all(
    inputs.map(async (input): Promise<Channels> => {
      const turned = tf.tidy(() => tf.pad(input, around as never).transpose([3, 0, 1, 2]));
      const [channels, images, height, width] = turned.shape as [number, number, number, number];
      const data = await turned.data<'float32'>();
      turned.dispose();
      return { data, channels, images, height, width };
    }),
  );
}

import { defaultKernel, weightSpace } from '@overparam/core-reparam';
import { foldKey } from '@overparam/engine';
import type { Expansion, ParameterSpec, Site } from '@overparam/plugin';
import type { Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import type { ExpandNetsOptions } from './options';

type Shape = readonly [number, number, number, number];

/** The paper's CK: a kernel larger than 3x3 as 3x3 kernels in a row, (k - 1) / 2 of them, with more channels between. */
export function inKernels(site: Site, given: ExpandNetsOptions): Expansion {
  const shapes = shapesOf(site, given);
  const names = shapes.map((_, index) => `kernel${index + 1}`);
  return weightSpace(site, {
    parameters: shapes.map((shape, index) => ({
      name: names[index]!,
      shape,
      ...placeOf(index, shapes.length),
    })),
    kernel: (parameters) => names.map((name) => parameters[name] as Tensor4D).reduce(following),
    initialise: (_, key) =>
      Object.fromEntries(
        names.map((name, index) => [name, defaultKernel(foldKey(key, name), shapes[index]!)]),
      ),
    decay: 'parameters',
  });
}

/** Channels between: `rate` times those that come in behind the first of three or more, else times those that go out. */
function shapesOf({ kernelShape: [k, , cin, cout] }: Site, { rate }: ExpandNetsOptions): Shape[] {
  const count = (k - 1) / 2;
  const between = Array.from({ length: count - 1 }, (_, index) =>
    index === 0 && count > 2 ? rate * cin : rate * cout,
  );
  const channels = [cin, ...between, cout];
  return channels.slice(1).map((out, index) => [3, 3, channels[index]!, out] as const);
}

/** The one in the middle carries the kernel; those before and behind it are frames. */
function placeOf(index: number, count: number): Pick<ParameterSpec, 'role' | 'block'> {
  const middle = Math.floor(count / 2);
  return index === middle ? { role: 'core' } : { role: 'frame', block: index < middle ? 'V' : 'U' };
}

/**
 * The one kernel of two convolutions in a row: the second's taps, each shifted by one of the first's.
 *
 * @param first   `[h, w, cin, c]`
 * @param second  `[3, 3, c, cout]`
 * @returns       `[h + 2, w + 2, cin, cout]`
 */
function following(first: Tensor4D, second: Tensor4D): Tensor4D {
  const [h, w, cin] = first.shape;
  const cout = second.shape[3];
  const images = first.transpose([2, 0, 1, 3]) as Tensor4D;
  const filter = second.transpose([0, 1, 3, 2]) as Tensor4D;
  const whole = tf.conv2dTranspose(images, filter, [cin, h + 2, w + 2, cout], 1, 'valid');
  return whole.transpose([1, 2, 0, 3]) as Tensor4D;
}

import { weightSpace } from '@overparam/core-reparam';
import type { Method } from '@overparam/plugin';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';

const options = z.strictObject({
  start: z.enum(['fresh', 'preserve']).default('fresh'),
  scale: z.number().positive().default(1).describe('What every channel begins with.'),
});

/**
 * A kernel with a trained scale for each output channel: `W = K * s`.
 *
 * It computes nothing that K alone could not, but learns at another pace: the step of W grows with s squared.
 * Both starts begin as exactly the given layer, since K begins as the given kernel divided by s.
 */
export const scaled: Method<z.infer<typeof options>> = {
  apiVersion: 1,
  name: 'scaled',
  summary: 'One trained scale for each output channel.',
  options,
  supports: () => true,
  expand(site, { scale }) {
    const cout = site.kernelShape[3];
    return weightSpace(site, {
      parameters: [
        { name: 'core', shape: site.kernelShape, role: 'core' },
        { name: 'scale', shape: [cout], role: 'scale' },
      ],
      // [kh, kw, cin, cout] times [cout]: every output channel has its own scale.
      kernel: ({ core, scale }) => (core as Tensor4D).mul(scale as Tensor1D),
      initialise: ({ kernel }) => ({ core: kernel.div(scale), scale: tf.fill([cout], scale) }),
      decay: 'parameters',
    });
  },
};

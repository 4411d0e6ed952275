import { weightSpace } from '@overparam/core-reparam';
import type { Method } from '@overparam/plugin';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';

const options = z.strictObject({
  start: z
    .enum(['fresh', 'preserve'])
    .default('fresh')
    .describe("`fresh` begins as the method's source says, `preserve` as the given layer."),
  scale: z.number().positive().default(1).describe('What every output channel begins with.'),
});

/**
 * A kernel with a trained scale for each output channel: `W = K * s`. Replace it by what your paper says: the parameters,
 * how they become one kernel, and what they begin with.
 */
export const myPart: Method<z.infer<typeof options>> = {
  apiVersion: 1,
  name: 'my-part',
  summary: 'One trained scale for each output channel.',
  options,
  // True, or why not, as the end of a sentence: a user reads it behind the layer's name.
  supports: ({ kernelShape: [, , , cout] }) => cout > 0 || 'it has no output channels',
  expand(site, { scale }) {
    const cout = site.kernelShape[3];
    return weightSpace(site, {
      parameters: [
        { name: 'core', shape: site.kernelShape, role: 'core' },
        { name: 'scale', shape: [cout], role: 'scale' },
      ],
      // [kh, kw, cin, cout] times [cout]
      kernel: ({ core, scale }) => (core as Tensor4D).mul(scale as Tensor1D),
      // Both starts are exact here: K begins as the given kernel divided by s.
      initialise: ({ kernel }) => ({ core: kernel.div(scale), scale: tf.fill([cout], scale) }),
      decay: 'parameters',
    });
  },
};

import type { Method, Start } from '@overparam/plugin';
import { definePlugin } from '@overparam/plugin';
import type { Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { weightSpace } from './spaces/weight-space';

const options = z.strictObject({
  start: z.enum(['fresh', 'preserve']).default('fresh'),
});

/** The baseline: every layer as it is, through the same machinery as all methods. */
export const plain: Method<{ readonly start: Start }> = {
  apiVersion: 1,
  name: 'plain',
  summary: 'The baseline: no expansion.',
  options,
  supports: () => true,
  expand: (site) =>
    weightSpace(site, {
      parameters: [{ name: 'kernel', shape: site.kernelShape, role: 'plain', continues: 'kernel' }],
      kernel: ({ kernel }) => kernel as Tensor4D,
      initialise: ({ kernel }) => ({ kernel: tf.clone(kernel) }),
      decay: 'parameters',
    }),
};

// Networks that were saved with it are read like those of methods that have packages of their own.
definePlugin({ name: '@overparam/core-reparam', apiVersion: 1, methods: [plain] });

import type { OptionsSchema } from '@overparam/engine';
import type { Method, Start } from '@overparam/plugin';
import { definePlugin } from '@overparam/plugin';
import type { Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { weightSpace } from './spaces/weight-space';

const starts: readonly unknown[] = ['fresh', 'preserve'];
const description = 'nothing is enlarged, so both begin as the given layer';

/** Written by hand in the standard's form: for one option, a library of schemas would be a fifth of this package. */
const options: OptionsSchema<{ readonly start: Start }> = {
  '~standard': {
    version: 1,
    vendor: 'overparam',
    validate(value) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        return { issues: [{ message: 'Invalid input: expected object' }] };
      }
      const { start = 'fresh', ...others } = value as { readonly start?: unknown };
      const unknown = Object.keys(others).map((key) => ({
        message: `Unrecognized key: "${key}"`,
        path: [key],
      }));
      const wrong = { message: 'Invalid option: expected one of "fresh"|"preserve"', path: ['start'] };
      const issues = [...(starts.includes(start) ? [] : [wrong]), ...unknown];
      return issues.length > 0 ? { issues } : { value: { start: start as Start } };
    },
    jsonSchema: {
      input: () => ({
        type: 'object',
        properties: { start: { type: 'string', enum: starts, default: 'fresh', description } },
        additionalProperties: false,
      }),
    },
  },
};

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

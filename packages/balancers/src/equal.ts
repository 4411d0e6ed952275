import * as z from 'zod';
import { defineBalancer } from './define';

/**
 * The plain sum of the losses: every weight is 1, as in published baselines ("EW", "LS"). It has no
 * options.
 */
export const equal = defineBalancer({
  name: 'equal',
  summary: 'The plain sum of the losses.',
  options: z.strictObject({}),
  properties: () => ({ harmless: 'no', linear: true, symmetric: true }),
  solve: ({ losses }) => ({ weights: losses.map(() => 1) }),
});

import type { OptionsSchema, Start } from '@overparam/plugin';
import * as z from 'zod';

/** Options of {@link acb}, complete. */
export interface AcbOptions {
  /** `fresh`: every norm at its first values; `preserve`: the given layer in inference, other branches at zero. */
  readonly start: Start;
  /** What the gammas of all three norms begin with (`fresh`). */
  readonly gamma: number;
}

/** What a config may say of {@link AcbOptions}, and what it means where it says nothing. */
export const options: OptionsSchema<AcbOptions> = z.strictObject({
  start: z
    .enum(['fresh', 'preserve'])
    .default('fresh')
    .describe('fresh: norms at their first values; preserve: exactly the given layer in inference'),
  gamma: z
    .number()
    .positive()
    .default(1)
    .describe('first gamma of all three norms; the authors take 1/3 on CIFAR'),
});

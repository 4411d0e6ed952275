import type { OptionsSchema, Start } from '@overparam/plugin';
import * as z from 'zod';

/** Options of {@link doconv}, complete. */
export interface DoConvOptions {
  /** `fresh`: as the paper says, around the given kernel where `multiple` is 1; `preserve`: exactly the given layer. */
  readonly start: Start;
  /** The depth multiplier of the depthwise kernel, as a multiple of kh * kw, its least value. */
  readonly multiple: number;
}

/** What a config may say of {@link DoConvOptions}, and what it means where it says nothing. */
export const options: OptionsSchema<DoConvOptions> = z.strictObject({
  start: z
    .enum(['fresh', 'preserve'])
    .default('fresh')
    .describe('fresh: as the paper says; preserve: exactly the given layer (the same where multiple is 1)'),
  multiple: z
    .int()
    .min(1, { error: 'multiple is an integer of at least 1' })
    .max(16, { error: 'multiple is at most 16' })
    .default(1)
    .describe('depth multiplier of the depthwise kernel, in units of kernel height x width'),
});

import type { OptionsSchema, Start } from '@overparam/plugin';
import * as z from 'zod';

/** Options of {@link mobileone}, complete. */
export interface MobileOneOptions {
  /** `fresh`: every norm at its first values; `preserve`: the given layer in inference, other branches at zero. */
  readonly start: Start;
  /** The over-parameterisation factor: how many branches have the layer's own kernel size. */
  readonly branches: number;
  /** Whether kernels larger than 1x1 have a 1x1 branch beside them. */
  readonly scale: boolean;
  /** `auto`: a norm alone as a branch wherever channels and stride allow; false: nowhere. */
  readonly skip: 'auto' | false;
}

/** What a config may say of {@link MobileOneOptions}, and what it means where it says nothing. */
export const options: OptionsSchema<MobileOneOptions> = z.strictObject({
  start: z
    .enum(['fresh', 'preserve'])
    .default('fresh')
    .describe('fresh: norms at their first values; preserve: exactly the given layer in inference'),
  branches: z
    .int()
    .min(1, { error: 'branches is an integer of at least 1' })
    .max(16, { error: 'branches is at most 16' })
    .default(4)
    .describe("branches with the layer's own kernel size; 4 in MobileOne-S0, 1 in the larger ones"),
  scale: z.boolean().default(true).describe('whether kernels larger than 1x1 have a 1x1 branch beside them'),
  skip: z
    .union([z.literal('auto'), z.literal(false)])
    .default('auto')
    .describe('auto: a norm alone as a branch wherever channels and stride allow; false: nowhere'),
});

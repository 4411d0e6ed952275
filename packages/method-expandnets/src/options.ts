import type { OptionsSchema, Start } from '@overparam/plugin';
import * as z from 'zod';

/** Options of {@link expandnets}, complete. */
export interface ExpandNetsOptions {
  /** `fresh`: three factors at their first values; `preserve`: factors whose product is the given kernel. */
  readonly start: Start;
  /** The expansion rate: how many times the channels there are between the factors. */
  readonly rate: number;
}

/** What a config may say of {@link ExpandNetsOptions}, and what it means where it says nothing. */
export const options: OptionsSchema<ExpandNetsOptions> = z.strictObject({
  start: z
    .enum(['fresh', 'preserve'])
    .default('fresh')
    .describe('fresh: random factors; preserve: factors whose product is the given kernel'),
  rate: z
    .int()
    .min(1, { error: 'rate is an integer of at least 1' })
    .max(16, { error: 'rate is at most 16' })
    .default(4)
    .describe('expansion rate: how many times the channels there are between the factors'),
});

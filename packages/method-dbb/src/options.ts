import type { OptionsSchema, Start } from '@overparam/plugin';
import * as z from 'zod';

/** Options of {@link dbb}, complete. */
export interface DbbOptions {
  /** `fresh`: every norm at its first values; `preserve`: the given layer in inference, other branches at zero. */
  readonly start: Start;
  /** Channels between the two convolutions of the 1x1-kxk branch; as many as come in where left out. */
  readonly internalChannels?: number;
}

/** What a config may say of {@link DbbOptions}, and what it means where it says nothing. */
export const options: OptionsSchema<DbbOptions> = z.strictObject({
  start: z
    .enum(['fresh', 'preserve'])
    .default('fresh')
    .describe('fresh: norms at their first values; preserve: exactly the given layer in inference'),
  internalChannels: z
    .int()
    .min(1, { error: 'internalChannels is an integer of at least 1' })
    .optional()
    .describe('channels inside the 1x1-kxk branch; as many as come in, around the identity, where left out'),
});

import type { OptionsSchema, Start } from '@overparam/plugin';
import * as z from 'zod';

/** Options of {@link expandnets}, complete. */
export interface ExpandNetsOptions {
  /** `fresh`: three factors at their first values; `preserve`: factors whose product is the given kernel. */
  readonly start: Start;
  /** `layers`: 1x1, k x k, 1x1 (CL and FC); `kernels`: a kernel of 5x5 and more as 3x3 ones in a row (CK). */
  readonly form: 'layers' | 'kernels';
  /** The expansion rate: how many times the channels there are between the factors. */
  readonly rate: number;
}

/** What a config may say of {@link ExpandNetsOptions}, and what it means where it says nothing. */
export const options: OptionsSchema<ExpandNetsOptions> = z
  .strictObject({
    start: z
      .enum(['fresh', 'preserve'])
      .default('fresh')
      .describe('fresh: random factors; preserve: factors whose product is the given kernel'),
    form: z
      .enum(['layers', 'kernels'])
      .default('layers')
      .describe('layers: 1x1, kxk, 1x1 (CL); kernels: a kernel of 5x5 and more as 3x3 ones in a row (CK)'),
    rate: z
      .int()
      .min(1, { error: 'rate is an integer of at least 1' })
      .max(16, { error: 'rate is at most 16' })
      .default(4)
      .describe('expansion rate: how many times the channels there are between the factors'),
  })
  .refine(({ start, form }) => start !== 'preserve' || form === 'layers', {
    error:
      'start "preserve" needs form "layers": a cascade of 3x3 kernels cannot begin as any kernel that is given',
    path: ['start'],
  });

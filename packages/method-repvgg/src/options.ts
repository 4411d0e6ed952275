import type { OptionsSchema, Start } from '@overparam/plugin';
import * as z from 'zod';

/** Options of {@link repvgg}, complete. */
export interface RepVggOptions {
  /** `fresh`: every norm at its first values; `preserve`: the given layer in inference, other branches at zero. */
  readonly start: Start;
  /** `auto`: an identity branch wherever channels and stride allow; false: nowhere. */
  readonly identity: 'auto' | false;
  /** `parameters`: ordinary weight decay on both kernels; `custom`: the released code's custom L2. */
  readonly decay: 'parameters' | 'custom';
}

/** What a config may say of {@link RepVggOptions}, and what it means where it says nothing. */
export const options: OptionsSchema<RepVggOptions> = z.strictObject({
  start: z.enum(['fresh', 'preserve']).default('fresh'),
  identity: z.union([z.literal('auto'), z.literal(false)]).default('auto'),
  decay: z.enum(['parameters', 'custom']).default('parameters'),
});

import { z } from 'zod';

/** Options of {@link repvgg}. */
export const options = z.strictObject({
  /** `fresh`: every norm at its first values; `preserve`: the given layer in inference, other branches at zero. */
  start: z.enum(['fresh', 'preserve']).default('fresh'),
  /** `auto`: an identity branch wherever channels and stride allow; false: nowhere. */
  identity: z.union([z.literal('auto'), z.literal(false)]).default('auto'),
  /** `parameters`: ordinary weight decay on both kernels; `custom`: the released code's custom L2. */
  decay: z.enum(['parameters', 'custom']).default('parameters'),
});

/**
 * Options of {@link repvgg}, complete.
 * @interface
 */
export type RepVggOptions = z.infer<typeof options>;

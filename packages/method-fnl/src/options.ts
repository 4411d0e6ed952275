import type { OptionsSchema, Start } from '@overparam/plugin';
import * as z from 'zod';

/** Options of {@link fnl}, complete. */
export interface FnlOptions {
  /** `fresh`: factors as `initialisation` says; `preserve`: exactly the given layer. */
  readonly start: Start;
  /** `deep`: three factors U M V; `wide`: two, U V. */
  readonly form: 'deep' | 'wide';
  /** Rank as a multiple of kh * cout (of min(cin, cout) in dense layers). Above 1: wide; below: low rank. */
  readonly rankScale: number;
  /** Rank as a number, in place of `rankScale`. */
  readonly rank?: number;
  /** `spectral`: factors of the layer's own kernel; `kaiming`: random factors. */
  readonly initialisation: 'spectral' | 'kaiming';
  /** `frobenius`: on the product; `parameters`: ordinary weight decay on each factor. */
  readonly decay: 'frobenius' | 'parameters';
  /** What a collapse gives: one kernel, two thin convolutions, or whichever has fewer parameters. */
  readonly deploy: 'auto' | 'kernel' | 'factors';
}

/** What a config may say of {@link FnlOptions}, and what it means where it says nothing. */
export const options: OptionsSchema<FnlOptions> = z
  .strictObject({
    start: z.enum(['fresh', 'preserve']).default('fresh'),
    form: z.enum(['deep', 'wide']).default('deep'),
    rankScale: z.number().positive().default(1),
    rank: z.int().min(1, { error: 'a rank is an integer of at least 1' }).optional(),
    initialisation: z.enum(['spectral', 'kaiming']).default('spectral'),
    decay: z.enum(['frobenius', 'parameters']).default('frobenius'),
    deploy: z.enum(['auto', 'kernel', 'factors']).default('auto'),
  })
  .refine((given) => given.start !== 'preserve' || given.initialisation === 'spectral', {
    error: 'start "preserve" needs initialisation "spectral": random factors cannot begin as a given kernel',
    path: ['start'],
  });

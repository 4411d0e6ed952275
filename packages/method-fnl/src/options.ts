import { z } from 'zod';

/** Options of {@link fnl}. */
export const options = z
  .strictObject({
    /** `fresh`: factors as `initialisation` says; `preserve`: exactly the given layer. */
    start: z.enum(['fresh', 'preserve']).default('fresh'),
    /** `deep`: three factors U M V; `wide`: two, U V. */
    form: z.enum(['deep', 'wide']).default('deep'),
    /** Rank as a multiple of kh * cout (of min(cin, cout) in dense layers). Above 1: wide; below: low rank. */
    rankScale: z.number().positive().default(1),
    /** Rank as a number, in place of `rankScale`. */
    rank: z.int().min(1, { error: 'a rank is an integer of at least 1' }).optional(),
    /** `spectral`: factors of the layer's own kernel; `kaiming`: random factors. */
    initialisation: z.enum(['spectral', 'kaiming']).default('spectral'),
    /** `frobenius`: on the product; `parameters`: ordinary weight decay on each factor. */
    decay: z.enum(['frobenius', 'parameters']).default('frobenius'),
    /** What a collapse gives: one kernel, two thin convolutions, or whichever has fewer parameters. */
    deploy: z.enum(['auto', 'kernel', 'factors']).default('auto'),
  })
  .refine((given) => given.start !== 'preserve' || given.initialisation === 'spectral', {
    error: 'start "preserve" needs initialisation "spectral": random factors cannot begin as a given kernel',
    path: ['start'],
  });

/**
 * Options of {@link fnl}, complete.
 * @interface
 */
export type FnlOptions = z.infer<typeof options>;

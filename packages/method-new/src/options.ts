import { z } from 'zod';

const strength = z.union([
  z.number().min(0),
  z.strictObject({
    /** Kernels larger than 1x1. */
    spatial: z.number().min(0).default(1),
    /** 1x1 kernels and dense layers. */
    pointwise: z.number().min(0).default(0.5),
  }),
]);

/** Options of {@link trirep}. */
export const options = z.strictObject({
  /** `fresh`: active branches weigh 1 / sqrt(number of branches) each; `preserve`: exactly the given layer. */
  start: z.enum(['fresh', 'preserve']).default('fresh'),
  /** `channel`: on input and output channels; `unfolded`: on both sides of FNL's matrix; `none`. */
  frames: z.enum(['channel', 'unfolded', 'none']).default('channel'),
  /** The factor a in U = I + a U^, V = I + a V^; 0 leaves frames out. */
  strength: strength.default({ spatial: 1, pointwise: 0.5 }),
  /** Whether trained vectors, one number an output channel, weigh the branches. */
  scales: z.boolean().default(true),
  branches: z
    .strictObject({
      /** A 1x1 kernel, zero-padded to the centre; of no use in 1x1 layers. */
      pointwise: z.boolean().default(true),
      /** The identity. `auto`: where shapes allow and no shortcut leads around the layer. */
      identity: z.union([z.literal('auto'), z.boolean()]).default('auto'),
    })
    .default({ pointwise: true, identity: 'auto' }),
  /**
   * In layers that several tasks share. `routed`: a core for each task, summed, each moved by its own task's
   * loss alone; `perTask`: a core and so a trunk for each task; `merge`: as `perTask`, drawn together as the
   * routine's value `tau` goes from 0 to 1; `shared`: one core for all.
   */
  multiTask: z.enum(['routed', 'perTask', 'merge', 'shared']).default('routed'),
  /**
   * With `merge`: the factor mu in the penalty mu tau sum over tasks of ||M_t - Mbar||^2 / 2, which pulls the cores
   * themselves together while `tau` draws together what tasks see of them; 0 for none.
   */
  mergePenalty: z.number().min(0).default(0),
  /** `frobenius`: on the composed kernel; `parameters`: ordinary weight decay on each factor. */
  decay: z.enum(['frobenius', 'parameters']).default('frobenius'),
});

/**
 * Options of {@link trirep}, complete.
 * @interface
 */
export type TriRepOptions = z.infer<typeof options>;

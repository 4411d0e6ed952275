import type { OptionsSchema, Start } from '@overparam/plugin';
import * as z from 'zod';

/** Options of {@link trirep}, complete. */
export interface TriRepOptions {
  /** `fresh`: active branches weigh 1 / sqrt(number of branches) each; `preserve`: exactly the given layer. */
  readonly start: Start;
  /** `channel`: on input and output channels; `unfolded`: on both sides of FNL's matrix; `none`. */
  readonly frames: 'channel' | 'unfolded' | 'none';
  /**
   * The factor a in U = I + a U^, V = I + a V^; 0 leaves frames out. By kind of layer: kernels larger than 1x1, and
   * 1x1 kernels and dense layers.
   */
  readonly strength: number | { readonly spatial: number; readonly pointwise: number };
  /** Whether trained vectors, one number an output channel, weigh the branches. */
  readonly scales: boolean;
  readonly branches: {
    /** A 1x1 kernel, zero-padded to the centre; of no use in 1x1 layers. */
    readonly pointwise: boolean;
    /** The identity. `auto`: where shapes allow and no shortcut leads around the layer. */
    readonly identity: 'auto' | boolean;
  };
  /**
   * In layers that several tasks share. `routed`: a core for each task, summed, each moved by its own task's
   * loss alone; `perTask`: a core and so a trunk for each task; `merge`: as `perTask`, drawn together as the
   * routine's value `tau` goes from 0 to 1; `shared`: one core for all.
   */
  readonly multiTask: 'routed' | 'perTask' | 'merge' | 'shared';
  /**
   * With `merge`: the factor mu in the penalty mu tau sum over tasks of ||M_t - Mbar||^2 / 2, which pulls the cores
   * themselves together while `tau` draws together what tasks see of them; 0 for none.
   */
  readonly mergePenalty: number;
  /** `frobenius`: on the composed kernel; `parameters`: ordinary weight decay on each factor. */
  readonly decay: 'frobenius' | 'parameters';
}

const strength = z.union([
  z.number().min(0),
  z.strictObject({ spatial: z.number().min(0).default(1), pointwise: z.number().min(0).default(0.5) }),
]);

/** What a config may say of {@link TriRepOptions}, and what it means where it says nothing. */
export const options: OptionsSchema<TriRepOptions> = z.strictObject({
  start: z.enum(['fresh', 'preserve']).default('fresh'),
  frames: z.enum(['channel', 'unfolded', 'none']).default('channel'),
  strength: strength.default({ spatial: 1, pointwise: 0.5 }),
  scales: z.boolean().default(true),
  branches: z
    .strictObject({
      pointwise: z.boolean().default(true),
      identity: z.union([z.literal('auto'), z.boolean()]).default('auto'),
    })
    .default({ pointwise: true, identity: 'auto' }),
  multiTask: z.enum(['routed', 'perTask', 'merge', 'shared']).default('routed'),
  mergePenalty: z.number().min(0).default(0),
  decay: z.enum(['frobenius', 'parameters']).default('frobenius'),
});

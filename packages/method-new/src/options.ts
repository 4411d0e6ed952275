import type { OptionsSchema, Start } from '@overparam/plugin';
import * as z from 'zod';

/** Options of {@link trirep}, complete. */
export interface TriRepOptions {
  /** `fresh`: active branches weigh 1 / sqrt(number of branches) each; `preserve`: exactly the given layer. */
  readonly start: Start;
  /**
   * `whitening`: an input frame that is not trained but decorrelates the channels that come in; `channel`: trained ones on input and output
   * channels; `unfolded`: trained ones on both sides of FNL's matrix; `none`. `auto`: `whitening` in kernels larger than 1x1, none in others;
   * and `channel` with `start: preserve` and where each task has a trunk of its own.
   */
  readonly frames: 'auto' | 'whitening' | 'channel' | 'unfolded' | 'none';
  /**
   * The factor a of trained frames U = I + a U^, V = I + a V^; 0 leaves frames out. By kind of layer: kernels larger than 1x1, and
   * 1x1 kernels and dense layers.
   */
  readonly strength: number | { readonly spatial: number; readonly pointwise: number };
  /** Whether trained vectors, one number an output channel, weigh the branches. */
  readonly scales: boolean;
  readonly branches: {
    /** A 1x1 kernel, zero-padded to the centre; of no use in 1x1 layers. `auto`: but beside a frame that whitens. */
    readonly pointwise: 'auto' | boolean;
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
  z.strictObject({
    spatial: z.number().min(0).default(1).describe('of kernels larger than 1x1'),
    pointwise: z.number().min(0).default(0.5).describe('of 1x1 kernels and dense layers'),
  }),
]);

/** What a config may say of {@link TriRepOptions}, and what it means where it says nothing. */
export const options: OptionsSchema<TriRepOptions> = z.strictObject({
  start: z
    .enum(['fresh', 'preserve'])
    .default('fresh')
    .describe('fresh: branches weigh 1 / sqrt(branches) each; preserve: exactly the given layer'),
  frames: z
    .enum(['auto', 'whitening', 'channel', 'unfolded', 'none'])
    .default('auto')
    .describe(
      "whitening: not trained, decorrelates what comes in; channel: trained, on input and output channels; unfolded: trained, around FNL's matrix; auto: whitening but with start: preserve, trunks and 1x1 layers",
    ),
  strength: strength
    .default({ spatial: 1, pointwise: 0.5 })
    .describe('the factor a in trained frames I + a U; 0 leaves them out'),
  scales: z
    .boolean()
    .default(true)
    .describe('trained vectors, one number an output channel, weigh the branches'),
  branches: z
    .strictObject({
      pointwise: z
        .union([z.literal('auto'), z.boolean()])
        .default('auto')
        .describe(
          'a 1x1 kernel at the centre; none in 1x1 and dense layers; auto: not beside a frame that whitens',
        ),
      identity: z
        .union([z.literal('auto'), z.boolean()])
        .default('auto')
        .describe('auto: where shapes allow and no shortcut leads around the layer'),
    })
    .default({ pointwise: 'auto', identity: 'auto' })
    .describe('what is added to the core'),
  multiTask: z
    .enum(['routed', 'perTask', 'merge', 'shared'])
    .default('routed')
    .describe(
      'cores in shared layers: one a task, summed; a trunk a task; those, drawn together; one for all',
    ),
  mergePenalty: z
    .number()
    .min(0)
    .default(0)
    .describe('with merge: how strongly the cores are pulled together; 0 for not'),
  decay: z
    .enum(['frobenius', 'parameters'])
    .default('frobenius')
    .describe('weight decay: frobenius, on the composed kernel; parameters, on each factor'),
});

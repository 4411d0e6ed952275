import type { OptionsSchema, Start } from '@overparam/plugin';
import * as z from 'zod';

/** Options of {@link trirep}, complete. */
export interface TriRepOptions {
  /** `fresh`: active branches weigh 1 / sqrt(number of branches) each; `preserve`: exactly the given layer. */
  readonly start: Start;
  /**
   * `channel`: on input and output channels; `unfolded`: on both sides of FNL's matrix; `whitening`: an input frame that is not
   * trained but decorrelates the channels that come in; `none`.
   */
  readonly frames: 'channel' | 'unfolded' | 'whitening' | 'none';
  /**
   * The factor a in U = I + a U^, V = I + a V^; 0 leaves frames out. By kind of layer: kernels larger than 1x1, and
   * 1x1 kernels and dense layers.
   */
  readonly strength: number | { readonly spatial: number; readonly pointwise: number };
  /**
   * Whether trained vectors, one number an output channel, weigh the branches. `generated`: what a small network makes of
   * a learned vector adds to constants.
   */
  readonly scales: boolean | 'generated';
  /**
   * Whether each branch beside the core is divided by the deviation of what it gives, as a norm behind it would: in training
   * that of the batch, else a running one.
   */
  readonly branchNorms: boolean;
  /** Whether a trained number for each tap weighs the core. */
  readonly taps: boolean;
  /** Whether the core is a direction for each output channel, of length 1, times a trained length. */
  readonly normalised: boolean;
  /**
   * `relu`: between the input frame and the core stands (1 - tau) ReLU(x) + tau x, in kernels larger than 1x1. It collapses
   * once the routine's value `tau` is 1.
   */
  readonly fading: 'none' | 'relu';
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
    .enum(['channel', 'unfolded', 'whitening', 'none'])
    .default('channel')
    .describe(
      "channel: on input and output channels; unfolded: around FNL's matrix, dearer; whitening: not trained, decorrelates what comes in",
    ),
  strength: strength
    .default({ spatial: 1, pointwise: 0.5 })
    .describe('the factor a in the frames I + a U; 0 leaves frames out'),
  scales: z
    .union([z.boolean(), z.literal('generated')])
    .default(true)
    .describe(
      'trained vectors, one number an output channel, weigh the branches; generated: a small network makes them of a learned vector',
    ),
  branchNorms: z
    .boolean()
    .default(false)
    .describe('each branch beside the core is divided by the deviation of what it gives, as a norm would'),
  taps: z.boolean().default(false).describe('a trained number for each tap of the kernel weighs the core'),
  normalised: z
    .boolean()
    .default(false)
    .describe('the core is a direction for each output channel times a trained length'),
  fading: z
    .enum(['none', 'relu'])
    .default('none')
    .describe(
      'relu: a nonlinearity between input frame and core, which becomes the identity as the routine takes tau to 1',
    ),
  branches: z
    .strictObject({
      pointwise: z
        .boolean()
        .default(true)
        .describe('a 1x1 kernel at the centre; none in 1x1 and dense layers'),
      identity: z
        .union([z.literal('auto'), z.boolean()])
        .default('auto')
        .describe('auto: where shapes allow and no shortcut leads around the layer'),
    })
    .default({ pointwise: true, identity: 'auto' })
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

import { lengthSchema } from '@overparam/engine';
import { z } from 'zod';
import { embedded } from './embedded';

/** Keys that change what an update does, or which weights count in the end. */
export const updateShape = {
  accumulate: z
    .int()
    .min(1)
    .max(65536)
    .describe(
      'Batches whose mean gradient the optimiser moves by, at the last of them: an update of as many times the images in the same memory.',
    ),
  earlyStopping: z
    .union([
      z.int().min(1),
      z.strictObject({
        patience: z.int().min(1).describe('Epochs in a row without a better loss.'),
        least: z
          .number()
          .min(0)
          .optional()
          .describe('By how much a loss must be less to be better; 0 where absent.'),
      }),
    ])
    .nullable()
    .describe(
      "Ends a run after so many epochs in a row without a better loss on the split `val`, by PyTorch Lightning's definition; null for never.",
    ),
  parameterGroups: z
    .array(
      z.strictObject({
        match: z
          .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
          .optional()
          .describe(
            'Names `<layer>/<parameter>`, or patterns of them with `*` and `?`, such as `stem_*`; all where absent.',
          ),
        role: z
          .enum(['core', 'frame', 'branch', 'scale', 'norm', 'plain'])
          .optional()
          .describe('What they are within an expansion; any where absent.'),
        rate: z.number().min(0).optional().describe("Factor on the learning rate, beside the routine's own."),
        weightDecay: z
          .number()
          .min(0)
          .optional()
          .describe("Coefficient of the optimiser's weight decay in place of the run's."),
      }),
    )
    .describe(
      'How parameters differ in rate and weight decay, by pattern or role; the first group that chooses one counts.',
    ),
  clip: z
    .union([
      z.number().positive(),
      z.strictObject({
        by: z
          .enum(['norm', 'value'])
          .optional()
          .describe(
            'All gradients of an update by their common norm (the default), or each number by itself.',
          ),
        limit: z.number().positive().optional().describe('The largest norm, or the largest number.'),
      }),
    ])
    .nullable()
    .describe(
      "The largest gradients that an update takes, by PyTorch's definitions: a number for their common norm, or `{ by, limit }`; null for all.",
    ),
  averageWeights: z
    .union([
      z.number().min(0).lt(1),
      z.strictObject({
        by: z.literal('ema').optional().describe('An exponential moving average, moved at each update.'),
        decay: z.number().min(0).lt(1).describe('Share of the average that stays at each update.'),
      }),
      z.strictObject({
        by: z
          .literal('swa')
          .describe('The equal mean of the weights at several times (SWA); norms get their statistics anew.'),
        from: embedded(lengthSchema)
          .optional()
          .describe('When the weights are taken first, from the start; { share: 0.75 } where absent.'),
        every: embedded(lengthSchema)
          .optional()
          .describe('From one time to the next; { epochs: 1 } where absent.'),
      }),
    ])
    .nullable()
    .describe(
      'An average of the weights, which is evaluated and deployed in their place: the decay of an exponential moving average (EMA), such as 0.999, or `{ by: swa }`; null for none.',
    ),
  mix: z
    .union([
      z.enum(['mixup', 'cutmix', 'either']),
      z.strictObject({
        by: z
          .enum(['mixup', 'cutmix', 'either'])
          .describe('The sum of two images, a box of another image, or one of the two for each batch.'),
        alpha: z
          .number()
          .positive()
          .max(100)
          .optional()
          .describe("A batch's share of the first image is drawn from Beta(alpha, alpha); 1 where absent."),
        probability: z
          .number()
          .min(0)
          .max(1)
          .optional()
          .describe('Share of batches that are mixed; 1 where absent.'),
      }),
    ])
    .nullable()
    .describe(
      'Mixes each training image with another of its batch, and their losses with them, for tasks with classes: `mixup`, `cutmix`, or `either`; null for not at all.',
    ),
  erase: z
    .union([
      z.strictObject({
        by: z.literal('cutout').describe('A square about a random pixel becomes zero.'),
        size: z.int().min(1).describe('Side of the square in pixels.'),
      }),
      z.strictObject({
        by: z.literal('random').describe('A rectangle of random area and form is filled (random erasing).'),
        probability: z.number().min(0).max(1).optional().describe('Share of images; 0.5 where absent.'),
        area: z
          .tuple([z.number().gt(0).lt(1), z.number().gt(0).lt(1)])
          .refine(([least, largest]) => least <= largest, 'expected the least share first')
          .optional()
          .describe('Least and largest share of the image; [0.02, 0.4] where absent.'),
        aspect: z
          .number()
          .gt(0)
          .max(1)
          .optional()
          .describe('Least ratio of height to width, the largest is one over it; 0.3 where absent.'),
        fill: z.enum(['noise', 'zero']).optional().describe('Normal numbers, as where absent, or zero.'),
      }),
    ])
    .nullable()
    .describe('Takes a part out of each training image, whose labels stay; null for nothing.'),
};

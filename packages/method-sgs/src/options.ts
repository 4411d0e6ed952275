import type { OptionsSchema, Start } from '@overparam/plugin';
import * as z from 'zod';

/** Options of {@link sgs}, complete. */
export interface SgsOptions {
  /** Nothing is enlarged, so both begin as the given layer. */
  readonly start: Start;
  /** How much the dependence of neighbours is raised before it becomes the mask: k d / ((k - 1) d + 1). */
  readonly k: number;
  /** Epochs between two looks at the activations. */
  readonly every: number;
  /** Epochs of plain training before the first look. */
  readonly after: number;
  /** Training batches of one look. */
  readonly batches: number;
  /** `keep`: all pairs of neighbours count; `drop`: neither pairs with a zero nor the diagonal of the histogram. */
  readonly zeros: 'keep' | 'drop';
  /** A mask that stays, rows from top to bottom, in place of one that is measured; it is divided by its mean. */
  readonly mask?: readonly (readonly number[])[];
}

const fixedMask = z
  .array(z.array(z.number().min(0, { error: 'a factor of the mask is 0 or more' })).min(1))
  .min(1)
  .refine((rows) => rows.every((row) => row.length === rows[0]!.length), {
    error: 'the rows of the mask are not of one length',
  })
  .refine((rows) => rows.flat().some((factor) => factor > 0), {
    error: 'the mask is all zero, so that no kernel would ever train (expected a factor above 0)',
  });

/** What a config may say of {@link SgsOptions}, and what it means where it says nothing. */
export const options: OptionsSchema<SgsOptions> = z.strictObject({
  start: z
    .enum(['fresh', 'preserve'])
    .default('fresh')
    .describe('nothing is enlarged, so both begin as the given layer'),
  k: z
    .number()
    .positive()
    .default(5)
    .describe('how much the dependence d of neighbours is raised: k d / ((k - 1) d + 1)'),
  every: z
    .int()
    .min(1, { error: 'every is an integer of at least 1' })
    .default(5)
    .describe('epochs between two looks at the activations'),
  after: z
    .int()
    .min(0, { error: 'after is an integer of at least 0' })
    .default(0)
    .describe('epochs of plain training before the first look'),
  batches: z
    .int()
    .min(1, { error: 'batches is an integer of at least 1' })
    .default(2)
    .describe('training batches of one look'),
  zeros: z
    .enum(['keep', 'drop'])
    .default('keep')
    .describe(
      'keep: all pairs of neighbours count; drop: neither pairs with a zero nor pairs of equal bins, as the authors on ImageNet',
    ),
  mask: fixedMask
    .optional()
    .describe('a mask that stays, in rows, in place of one that is measured; it is divided by its mean'),
});

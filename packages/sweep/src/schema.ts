import { z } from 'zod';

const seed = z.union([z.int().min(0), z.string().regex(/^\d{1,20}$/, 'expected a decimal string of digits')]);

const range = z
  .strictObject({
    from: z.number().describe('The least value.'),
    to: z.number().describe('The greatest value.'),
    scale: z
      .enum(['log', 'linear'])
      .optional()
      .describe('How values are drawn: `log`, where absent, evenly in their logarithm.'),
    integer: z.boolean().optional().describe('Whether values are whole numbers.'),
  })
  .describe('Values that are drawn from a range.');

/** What one key is tried with. */
const values = z.union([z.array(z.unknown()).min(2, 'expected at least two values'), range]);

const strategy = z.union([
  z.enum(['grid', 'random', 'halving']),
  z.strictObject({ name: z.literal('grid').describe('Every combination of the lists.') }),
  z.strictObject({
    name: z.literal('random').describe('Settings that are drawn.'),
    settings: z.int().min(2).describe('How many are drawn; of those that are drawn twice, one is tried.'),
    seed: seed.optional().describe('Decides what is drawn; 0 where absent.'),
  }),
  z.strictObject({
    name: z.literal('halving').describe('Short runs of all settings, then longer ones of the best of them.'),
    factor: z
      .int()
      .min(2)
      .optional()
      .describe('One of so many stays, and trains for so many times as long; 3 where absent.'),
    rungs: z
      .int()
      .min(2)
      .optional()
      .describe('How often runs get longer, the first time included; as often as settings and epochs allow.'),
    settings: z
      .int()
      .min(2)
      .optional()
      .describe('How many are drawn; every combination of the lists where absent.'),
    seed: seed.optional().describe('Decides what is drawn; 0 where absent.'),
  }),
]);

/** Form of the block `sweep` of a config. */
export const sweepSchema = z
  .strictObject({
    over: z
      .record(z.string().min(1), values)
      .describe(
        'What is tried, by the path of a key: `lr: [0.03, 0.1, 0.3]`, `method.rankScale: [1, 2]`, or a range `{ from, to, scale }` to draw from.',
      ),
    strategy: strategy
      .optional()
      .describe('`grid`, every combination; `random`, some that are drawn; `halving`, short runs first.'),
    seeds: z
      .array(seed)
      .min(1)
      .optional()
      .describe("Seeds that settings are tried with, none of the comparison's; one after them where absent."),
    validation: z
      .strictObject({
        share: z.number().gt(0).lt(1).optional().describe('Of the training images; 0.1 where absent.'),
        seed: seed.optional().describe('Decides which images they are; 0 where absent.'),
      })
      .optional()
      .describe('The part of the training images that settings are chosen by.'),
    epochs: z
      .int()
      .min(1)
      .optional()
      .describe("Epochs of a run that chooses; the row's own where absent. Of halving, the longest runs'."),
    grow: z
      .strictObject({
        most: z.int().min(0).describe('Values that a key gains at most; 0 for none.'),
        scale: z
          .enum(['geometric', 'arithmetic'])
          .optional()
          .describe('By which values go on; geometric where absent and all are above 0.'),
      })
      .optional()
      .describe(
        'How a grid grows where the best setting lies on its edge; by at most 2 values where absent.',
      ),
  })
  .describe(
    'Chooses for each row among settings, by figures on a part of the training images; then trains what was chosen on all of them.',
  );

/**
 * The block `sweep` of a config as it is written.
 * @interface
 */
export type SweepConfig = z.input<typeof sweepSchema>;

/** Values that are drawn from a range. */
export interface Range {
  readonly from: number;
  readonly to: number;
  readonly scale: 'log' | 'linear';
  readonly integer: boolean;
}

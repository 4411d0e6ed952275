import type { ExampleChoice } from '@overparam/plugin';
import * as z from 'zod';

const count = z.int().min(1);
const channels = z.union([z.number(), z.array(z.number()).min(1).max(3)]);

/** What is done with pictures of any size, and what a network gets of them. */
export interface PictureOptions {
  /** Height and width of what the network gets. */
  readonly size: readonly [number, number];
  /** `cover`: the middle of the picture; `contain`: all of it, on a grey ground; `stretch`: its sides' ratio is lost. */
  readonly fit: 'cover' | 'contain' | 'stretch';
  readonly colour: 'rgb' | 'grey';
}

/** What is done with what was read, whatever it was read from. */
export interface CommonOptions extends ExampleChoice {
  /** `(pixel / 255 - mean) / std`, for each channel or one for all; from the training images where null. */
  readonly normalise: { readonly mean: number | number[]; readonly std: number | number[] } | null;
  /** Pixels by which training images are shifted at most, and whether they are mirrored. */
  readonly augmentation: { readonly padding: number; readonly flip: boolean };
  /** Where nothing says what is for testing: the share of examples that is, and the seed that chooses them. */
  readonly testShare: number;
  readonly splitSeed: number;
}

/** Keys of {@link PictureOptions}. */
export const pictureShape = {
  size: z.tuple([count, count]).default([64, 64]).describe('Height and width that pictures are brought to.'),
  fit: z
    .enum(['cover', 'contain', 'stretch'])
    .default('cover')
    .describe('The middle of a picture, all of it on grey, or all of it with another ratio of its sides.'),
  colour: z.enum(['rgb', 'grey']).default('rgb').describe('Three channels or one.'),
};

/** Keys of {@link CommonOptions}. */
export const commonShape = {
  normalise: z
    .strictObject({
      mean: channels.describe('Of pixel / 255, by channel or for all.'),
      std: channels.describe('Of pixel / 255, by channel or for all; above zero.'),
    })
    .nullable()
    .default(null)
    .describe('(pixel / 255 - mean) / std; null takes both from the training images.'),
  augmentation: z
    .strictObject({
      padding: z.int().min(0).default(4).describe('Pixels by which training images are shifted at most.'),
      flip: z.boolean().default(true).describe('Mirror left and right with probability 1/2.'),
    })
    .prefault({})
    .describe('How training images are changed.'),
  testShare: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.2)
    .describe('Share of the examples that is for testing, where the data do not say.'),
  splitSeed: z.int().min(0).default(0).describe('Which examples are for testing, where the data do not say.'),
  holdOut: z.int().min(0).default(0).describe('Training examples that become the split val.'),
  holdOutSeed: z.int().min(0).default(0).describe('Which examples are held out.'),
  limit: z
    .strictObject({
      train: count.optional().describe('Of the training split.'),
      test: count.optional().describe('Of the test split.'),
    })
    .prefault({})
    .describe('The first so many examples of a split.'),
};

/** Where data lie: a path below the folder of all datasets, or an absolute one. */
export const place = (what: string) =>
  z.string().min(1).describe(`${what}, below the folder of all datasets (--data-dir).`);

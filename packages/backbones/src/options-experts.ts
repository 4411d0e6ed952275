import type { OptionsSchema } from '@overparam/plugin';
import * as z from 'zod';
import { denseHead, factorOrWidth } from './options';

/** The networks that experts can be. */
export type ExpertTrunk = 'resnet50-dilated' | 'segnet';

/** What decides a gate's weights: every pixel of the image, or the task alone. */
export type GateInput = 'image' | 'task';

/** Options that all networks of experts share, complete. */
export interface ExpertOptions {
  /** What each expert is: the trunk of the backbone of this name. */
  readonly trunk: ExpertTrunk;
  /** Channels of an expert's first level, or, below 1, the fraction of the published 64, rounded; all others follow. */
  readonly width: number;
  /** What decides a gate's weights: every pixel of the image, or the task alone, the same for every image. */
  readonly gate: GateInput;
  /** First weights of the experts: those published for the trunk, or a scheme by name. */
  readonly initialisation: 'published' | 'xavier' | 'fanOut' | 'fanIn';
  /** Dilations of the 3x3 convolutions of DeepLab's heads, which `resnet50-dilated` has. */
  readonly rates: readonly number[];
  /** Share of features that DeepLab's heads leave out in training. */
  readonly dropout: number;
}

const shared = {
  trunk: z
    .enum(['resnet50-dilated', 'segnet'])
    .default('resnet50-dilated')
    .describe('What each expert is: the trunk of the backbone of this name, with its heads.'),
  width: factorOrWidth,
  initialisation: z
    .enum(['published', 'xavier', 'fanOut', 'fanIn'])
    .default('published')
    .describe('First weights of the experts: those published for the trunk, or a scheme by name.'),
  ...denseHead,
};

const gate = (preset: GateInput) =>
  z
    .enum(['image', 'task'])
    .default(preset)
    .describe(
      "What decides a gate's weights: every pixel of the image, or the task alone, the same for every image.",
    );

/** A number of experts from 1 to 64. */
const count = (preset: number, whose: string) =>
  z
    .int({ error: `expected a whole number of experts, 1 or more` })
    .min(1, { error: 'expected 1 expert or more: without any there is nothing for a gate to let through' })
    .max(64)
    .default(preset)
    .describe(`Experts ${whose}, each a whole trunk.`);

/** Options of the backbone `mmoe`, complete. */
export interface MmoeOptions extends ExpertOptions {
  /** Experts that all tasks share, each a whole trunk. */
  readonly experts: number;
}

/** What a config may say of {@link MmoeOptions}. */
export const mmoeOptions: OptionsSchema<MmoeOptions> = z.strictObject({
  experts: count(3, 'that all tasks share'),
  gate: gate('image'),
  ...shared,
});

/** Options of the backbone `cgc`, complete. */
export interface CgcOptions extends MmoeOptions {
  /** Experts of each task alone, each a whole trunk. */
  readonly taskExperts: number;
}

/** What a config may say of {@link CgcOptions}. */
export const cgcOptions: OptionsSchema<CgcOptions> = z.strictObject({
  experts: count(1, 'that all tasks share'),
  taskExperts: count(1, 'of each task alone'),
  gate: gate('image'),
  ...shared,
});

/** Options of the backbone `dselect-k`, complete. */
export interface DselectOptions extends ExpertOptions {
  /** Experts that all tasks share, each a whole trunk: a power of two. */
  readonly experts: number;
  /** The most experts that a task takes from, once its selectors have settled. */
  readonly nonzeros: number;
  /** Width of the range in which a selector's digit is between 0 and 1. */
  readonly gamma: number;
}

const powers = [2, 4, 8, 16, 32, 64];

/** What a config may say of {@link DselectOptions}. */
export const dselectOptions: OptionsSchema<DselectOptions> = z
  .strictObject({
    experts: z
      .int({ error: 'expected a whole number of experts, a power of two' })
      .min(2, { error: 'expected 2 experts or more, as there is nothing to select among fewer' })
      .refine((experts) => powers.includes(experts), {
        error: `expected a power of two up to 64 (${powers.join(', ')}): selectors name experts by binary digits, and with other numbers some name none`,
      })
      .default(4)
      .describe('Experts that all tasks share, each a whole trunk: a power of two.'),
    nonzeros: z
      .int()
      .min(1)
      .default(2)
      .describe('The most experts that a task takes from, once its selectors have settled.'),
    gamma: z
      .number()
      .gt(0)
      .max(100)
      .default(1)
      .describe("Width of the range in which a selector's digit is between 0 and 1."),
    gate: gate('task'),
    ...shared,
  })
  .refine(({ experts, nonzeros }) => nonzeros <= experts, {
    path: ['nonzeros'],
    error: 'expected no more selectors than there are experts',
  });

import type { OptionsSchema } from '@overparam/plugin';
import * as z from 'zod';

/** Depths of the CIFAR networks: 6n + 2 layers, n blocks a stage. 50 is left to `resnet50`. */
const depths = [8, 14, 20, 26, 32, 44, 56, 110] as const;

const depth = z
  .literal(depths, {
    error: `expected one of ${depths.join(', ')} (for bottlenecks, use backbone "resnet50")`,
  })
  .describe('Layers with weights: 6n + 2, n blocks in each of three stages.');

const width = z
  .int()
  .min(1)
  .max(4096)
  .describe('Channels of the stem and of the first stage; they double from stage to stage.');

/** The side of He initialisation. */
export const initialisation: z.ZodDefault<z.ZodEnum<{ fanOut: 'fanOut'; fanIn: 'fanIn' }>> = z
  .enum(['fanOut', 'fanIn'])
  .default('fanOut')
  .describe('He initialisation of the convolutions: fanOut as torchvision has it, or fanIn.');

const shortcut = z
  .enum(['A', 'B'])
  .default('A')
  .describe(
    'Where shapes differ: A subsamples and pads channels with zeros, B projects by a 1x1 convolution.',
  );

/** Options of the backbone `resnet`, complete. */
export interface ResnetOptions {
  /** Layers with weights: 6n + 2, n blocks in each of three stages. */
  readonly depth: (typeof depths)[number];
  /** Channels of the stem and of the first stage; they double from stage to stage. */
  readonly width: number;
  /** Where shapes differ: `A` subsamples and pads channels with zeros, `B` projects by a 1x1 convolution. */
  readonly shortcut: 'A' | 'B';
  /** He initialisation of the convolutions: `fanOut` as torchvision has it, or `fanIn`. */
  readonly initialisation: 'fanOut' | 'fanIn';
}

/** What a config may say of {@link ResnetOptions}. */
export const resnetOptions: OptionsSchema<ResnetOptions> = z.strictObject({
  depth: depth.default(20),
  width: width.default(16),
  shortcut,
  initialisation,
});

/** Options of the backbone `plainnet`, complete: those of `resnet` without shortcuts. */
export type PlainnetOptions = Omit<ResnetOptions, 'shortcut'>;

/** What a config may say of {@link PlainnetOptions}. */
export const plainnetOptions: OptionsSchema<PlainnetOptions> = z.strictObject({
  depth: depth.default(8),
  width: width.default(16),
  initialisation,
});

/** Options of the backbones `resnet18` and `resnet50`, complete. */
export interface LargeResnetOptions extends Pick<ResnetOptions, 'width' | 'initialisation'> {
  /** `small`: a 3x3 convolution at full resolution; `large`: ImageNet's, a 7x7 of stride 2 and max-pooling. */
  readonly stem: 'small' | 'large';
}

/** Whether a network begins for small images or as for ImageNet. */
export const stem: z.ZodDefault<z.ZodEnum<{ small: 'small'; large: 'large' }>> = z
  .enum(['small', 'large'])
  .default('small');

/** What a config may say of {@link LargeResnetOptions}. */
export const largeResnetOptions: OptionsSchema<LargeResnetOptions> = z.strictObject({
  width: width.default(64),
  stem: stem.describe(
    "What comes first: small, a 3x3 convolution at full resolution; large, ImageNet's 7x7 of stride 2 and max-pooling.",
  ),
  initialisation,
});

/** Channels of the first level in the networks as published. */
const publishedWidth = 64;

/** Channels of the first level, or a fraction of the published number. */
export const factorOrWidth: z.ZodType<number, number | undefined> = z
  .number()
  .gt(0)
  .max(4096)
  .refine((value) => value < 1 || (Number.isInteger(value) && value > 1), {
    error: `expected a fraction of the published width, such as 0.25, or a whole number of channels from 2; write ${publishedWidth} for the published width`,
  })
  .default(publishedWidth)
  .describe(
    'Channels of the first level, or, below 1, the fraction of the published 64, rounded; all others follow.',
  );

/** The number of channels that a `width` stands for. */
export function widthOf(width: number): number {
  return width < 1 ? Math.max(1, Math.round(publishedWidth * width)) : width;
}

const scheme = z
  .enum(['xavier', 'fanOut', 'fanIn'])
  .default('xavier')
  .describe('First weights of all convolutions: xavier as published, or He initialisation.');

/** Options of the backbones `segnet` and `segnet-mtan`, complete. */
export interface SegnetOptions {
  /** Channels of the first level, or, below 1, the fraction of the published 64, rounded; all others follow. */
  readonly width: number;
  /** First weights of all convolutions: `xavier` as published, or He initialisation. */
  readonly initialisation: 'xavier' | 'fanOut' | 'fanIn';
}

/** What a config may say of {@link SegnetOptions}. */
export const segnetOptions: OptionsSchema<SegnetOptions> = z.strictObject({
  width: factorOrWidth,
  initialisation: scheme,
});

/** Options of the backbone `segnet-cross-stitch`, complete. */
export interface CrossStitchOptions extends SegnetOptions {
  /** First weight of a task's own features in a cross-stitch unit; the other tasks' share the rest. */
  readonly own: number;
}

/** What a config may say of {@link CrossStitchOptions}. */
export const crossStitchOptions: OptionsSchema<CrossStitchOptions> = z.strictObject({
  width: factorOrWidth,
  initialisation: scheme,
  own: z
    .number()
    .min(0)
    .max(1)
    .default(0.9)
    .describe(
      "First weight of a task's own features in a cross-stitch unit; the other tasks' share the rest.",
    ),
});

/** Options of the backbone `resnet50-dilated`, complete. */
export interface DilatedResnetOptions {
  /** Channels of the first level, or, below 1, the fraction of the published 64, rounded; all others follow. */
  readonly width: number;
  /** He initialisation of the convolutions: `fanOut` as torchvision has it, or `fanIn`. */
  readonly initialisation: 'fanOut' | 'fanIn';
  /** Dilations of the heads' 3x3 convolutions, in pixels of an eighth of the image's size. */
  readonly rates: readonly number[];
  /** Share of features that the heads leave out in training. */
  readonly dropout: number;
}

/** The options of DeepLab's heads, where a backbone has them. */
export const denseHead: {
  readonly rates: z.ZodType<readonly number[], readonly number[] | undefined>;
  readonly dropout: z.ZodType<number, number | undefined>;
} = {
  rates: z
    .array(z.int().min(1).max(256))
    .min(1)
    .max(8)
    .default([12, 24, 36])
    .describe("Dilations of the heads' 3x3 convolutions, in pixels of an eighth of the image's size."),
  dropout: z
    .number()
    .min(0)
    .lt(1)
    .default(0.5)
    .describe('Share of features that the heads leave out in training.'),
};

/** What a config may say of {@link DilatedResnetOptions}. */
export const dilatedResnetOptions: OptionsSchema<DilatedResnetOptions> = z.strictObject({
  width: factorOrWidth,
  initialisation,
  ...denseHead,
});

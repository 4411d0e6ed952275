import type { OptionsSchema } from '@overparam/plugin';
import * as z from 'zod';
import type { Initialisation } from './initialise';
import { initialisation, stem } from './options';

const dropout = (preset: number, where: string) =>
  z
    .number()
    .min(0)
    .lt(1)
    .default(preset)
    .describe(`Share of features that are left out in training ${where}.`);

/** Options of the backbone `vgg16`, complete. */
export interface Vgg16Options {
  /** Whether a batch norm stands behind each convolution. */
  readonly norms: boolean;
  /** Channels of the first stage; they double up to eight times as many. */
  readonly width: number;
  /** Units of the two dense layers before the classifier. */
  readonly hidden: number;
  /** Side of the map that the dense layers see; images must have sides of 32 times as many pixels, or multiples. */
  readonly grid: number;
  /** Share of features that are left out in training behind each dense layer. */
  readonly dropout: number;
  /** He initialisation of the convolutions: `fanOut` as torchvision has it, or `fanIn`. */
  readonly initialisation: Initialisation;
}

/** What a config may say of {@link Vgg16Options}. */
export const vgg16Options: OptionsSchema<Vgg16Options> = z.strictObject({
  norms: z.boolean().default(false).describe('Whether a batch norm stands behind each convolution.'),
  width: z
    .int()
    .min(1)
    .max(4096)
    .default(64)
    .describe('Channels of the first stage; they double up to eight times as many.'),
  hidden: z
    .int()
    .min(1)
    .max(65536)
    .default(4096)
    .describe('Units of the two dense layers before the classifier.'),
  grid: z
    .int()
    .min(1)
    .max(64)
    .default(7)
    .describe(
      "Side of the map that the dense layers see; images' sides are 32 times as many pixels (224), or multiples.",
    ),
  dropout: dropout(0.5, 'behind each dense layer'),
  initialisation,
});

/** Options of the backbone `vgg-small`, complete. */
export interface VggSmallOptions {
  /** Convolutions of each stage; a 2x2 max-pooling ends each. */
  readonly layers: readonly number[];
  /** Channels of the first stage; they double from stage to stage up to eight times as many. */
  readonly width: number;
  /** He initialisation of the convolutions: `fanOut` as torchvision has it, or `fanIn`. */
  readonly initialisation: Initialisation;
}

/** What a config may say of {@link VggSmallOptions}. */
export const vggSmallOptions: OptionsSchema<VggSmallOptions> = z.strictObject({
  layers: z
    .array(z.int().min(1).max(32))
    .min(1)
    .max(8)
    .default([2, 2, 3, 3, 3])
    .describe('Convolutions of each stage; a 2x2 max-pooling ends each, VGG-16 has [2, 2, 3, 3, 3].'),
  width: z
    .int()
    .min(1)
    .max(4096)
    .default(24)
    .describe('Channels of the first stage; they double from stage to stage up to eight times as many.'),
  initialisation,
});

/** Options of the backbone `mobilenet-v2`, complete. */
export interface MobilenetOptions {
  /** Factor of all numbers of channels, which are rounded to multiples of 8. */
  readonly multiplier: number;
  /** `small`: strides for images of 32x32, an eighth at the end; `large`: ImageNet's, a 32nd. */
  readonly stem: 'small' | 'large';
  /** Share of features that are left out in training before the classifier. */
  readonly dropout: number;
  /** He initialisation of the convolutions: `fanOut` as torchvision has it, or `fanIn`. */
  readonly initialisation: Initialisation;
}

/** What a config may say of {@link MobilenetOptions}. */
export const mobilenetOptions: OptionsSchema<MobilenetOptions> = z.strictObject({
  multiplier: z
    .number()
    .gt(0)
    .max(16)
    .default(1)
    .describe('Factor of all numbers of channels, which are rounded to multiples of 8.'),
  stem: stem.describe(
    "The first strides: small, none before the third stage, for images of 32x32; large, ImageNet's.",
  ),
  dropout: dropout(0.2, 'before the classifier'),
  initialisation,
});

import { z } from 'zod';

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

const initialisation = z
  .enum(['fanOut', 'fanIn'])
  .default('fanOut')
  .describe('He initialisation of the convolutions: fanOut as torchvision has it, or fanIn.');

const shortcut = z
  .enum(['A', 'B'])
  .default('A')
  .describe(
    'Where shapes differ: A subsamples and pads channels with zeros, B projects by a 1x1 convolution.',
  );

/** Options of the backbone `resnet`. */
export const resnetOptions = z.strictObject({
  depth: depth.default(20),
  width: width.default(16),
  shortcut,
  initialisation,
});

/** Options of the backbone `plainnet`. */
export const plainnetOptions = z.strictObject({
  depth: depth.default(8),
  width: width.default(16),
  initialisation,
});

/** Options of the backbones `resnet18` and `resnet50`. */
export const largeResnetOptions = z.strictObject({ width: width.default(64), initialisation });

/**
 * See {@link resnetOptions}.
 * @interface
 */
export type ResnetOptions = z.infer<typeof resnetOptions>;
/**
 * See {@link plainnetOptions}.
 * @interface
 */
export type PlainnetOptions = z.infer<typeof plainnetOptions>;
/**
 * See {@link largeResnetOptions}.
 * @interface
 */
export type LargeResnetOptions = z.infer<typeof largeResnetOptions>;

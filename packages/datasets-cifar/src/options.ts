import type { ExampleChoice, OptionsSchema } from '@overparam/plugin';
import * as z from 'zod';
import type { CifarSpec } from './spec';

/** What every dataset of this package can be told. */
export interface CifarOptions extends ExampleChoice {
  /** `input = (pixel / 255 - mean) / std`, by channel (red, green, blue). */
  readonly normalise: {
    readonly mean: readonly [number, number, number];
    readonly std: readonly [number, number, number];
  };
  readonly augmentation: {
    /** Zeros around the image before a 32x32 crop, in pixels; 0 for no crop. */
    readonly padding: number;
    /** Mirror left and right with probability 1/2. */
    readonly flip: boolean;
  };
}

/** {@link CifarOptions}, and where the archive comes from. */
export interface OfficialCifarOptions extends CifarOptions {
  /** The archive's address, for a mirror; the checksum stays the published one. */
  readonly url: string;
}

/** Options of `cifar100`. */
export interface Cifar100Options extends OfficialCifarOptions {
  /** 100 fine or 20 coarse classes. */
  readonly labels: 'fine' | 'coarse';
}

const count = z.int().min(1);

function shared(defaults: Pick<CifarSpec, 'mean' | 'std'>) {
  const positive = z.number().positive();
  return {
    normalise: z
      .strictObject({
        mean: z
          .tuple([z.number(), z.number(), z.number()])
          .default([...defaults.mean])
          .describe('mean of pixel / 255 by channel'),
        std: z
          .tuple([positive, positive, positive])
          .default([...defaults.std])
          .describe('standard deviation of pixel / 255 by channel'),
      })
      .prefault({})
      .describe('(pixel / 255 - mean) / std'),
    augmentation: z
      .strictObject({
        padding: z
          .int()
          .min(0)
          .max(32)
          .default(4)
          .describe('zeros around the image before the crop; 0 for no crop'),
        flip: z.boolean().default(true).describe('mirror with probability 1/2'),
      })
      .prefault({})
      .describe('random crop and mirror of training images'),
    holdOut: z.int().min(0).default(0).describe('training examples that become the split val'),
    holdOutSeed: z.int().min(0).default(0).describe('which examples are held out'),
    limit: z
      .strictObject({ train: count.optional(), test: count.optional() })
      .prefault({})
      .describe('the first so many examples of a split'),
  };
}

function address(spec: CifarSpec) {
  return z
    .url({ protocol: /^https?$/ })
    .default(spec.archive.url)
    .describe('address of the archive, for a mirror');
}

/** The schema without an archive: the shipped sample's. */
export function sampleSchema(spec: Pick<CifarSpec, 'mean' | 'std'>): OptionsSchema<CifarOptions> {
  return z.strictObject(shared(spec));
}

/** The schema of a dataset with one label. */
export function officialSchema(spec: CifarSpec): OptionsSchema<OfficialCifarOptions> {
  return z.strictObject({ ...shared(spec), url: address(spec) });
}

/** The schema of CIFAR-100, with its two labels. */
export function cifar100Schema(spec: CifarSpec): OptionsSchema<Cifar100Options> {
  return z.strictObject({
    labels: z.enum(['fine', 'coarse']).default('fine').describe('100 fine or 20 coarse classes'),
    ...shared(spec),
    url: address(spec),
  });
}

import type { ExampleChoice, OptionsSchema } from '@overparam/plugin';
import * as z from 'zod';
import { officialCounts, type TaskName, taskNames } from './scene';
import { type SourceName, sourceNames } from './source';

/** How training scenes are changed. */
export interface Augmentation {
  /** Crop to 1/scale of the size and resize back, the scale drawn from {@link Augmentation.scales}. */
  readonly scaleCrop: boolean;
  /** Equally likely; 1 leaves the scene as it is. */
  readonly scales: readonly number[];
  /** Mirror left and right with probability 1/2; the normals' x is negated. */
  readonly flip: boolean;
  /**
   * `published`: as the benchmark's codes do it. `corrected`: labels and depth are taken where the resized image
   * has its pixels (published: up to one pixel to the upper left), and normals are averaged over valid pixels only and made unit
   * length again (published: invalid neighbours shorten them, and stay counted as valid).
   */
  readonly sideEffects: 'published' | 'corrected';
}

/** What both datasets of this package can be told. */
export interface NyuSampleOptions extends ExampleChoice {
  /** Height and width that every scene is resized to. */
  readonly size: readonly [number, number];
  readonly tasks: readonly TaskName[];
  readonly augmentation: Augmentation;
  /** `input = (image - mean) / std`, image from 0 to 1, by channel; the benchmark's codes do not normalise. */
  readonly normalise: {
    readonly mean: readonly [number, number, number];
    readonly std: readonly [number, number, number];
  };
  /** Worker threads that read and augment ahead of the training step; 0 for none. The numbers do not depend on it. */
  readonly threads: number;
}

/** Options of `nyuv2`. */
export interface NyuOptions extends NyuSampleOptions {
  /** Which form of the data is read; `auto` takes what is there. */
  readonly source: SourceName | 'auto';
  /** How many scenes there must be. */
  readonly scenes: { readonly train: number; readonly test: number };
  /** Whether a scene without a valid label for a task is an error, or counts as one without that label. */
  readonly unlabelled: 'refuse' | 'allow';
  /** `compact`: image in bytes, depth and normals in half precision; `float32`: all as exact as the data. */
  readonly precision: 'compact' | 'float32';
  /** Folder of the cache; by default `cache` in the dataset's folder, or a temporary one where that is read-only. */
  readonly cache?: string;
  /** Which form `overparam data get` downloads. */
  readonly download: 'parquet' | 'mat';
  /** The beginning of the addresses, for a mirror. */
  readonly url?: string;
}

const count = z.int().min(1);
const triple = z.tuple([z.number(), z.number(), z.number()]);
const positive = z.number().positive();

function shared(size: readonly [number, number]) {
  const side = z.int().min(1).max(4096);
  return {
    size: z
      .tuple([side, side])
      .default([...size])
      .describe('height and width that every scene is resized to'),
    tasks: z
      .array(z.enum(taskNames))
      .min(1)
      .refine((tasks) => new Set(tasks).size === tasks.length, 'each task once')
      .default([...taskNames])
      .describe('which tasks to learn'),
    augmentation: z
      .strictObject({
        scaleCrop: z.boolean().default(true).describe('random scale and crop'),
        scales: z
          .array(z.number().min(1).max(8))
          .min(1)
          .default([1, 1.2, 1.5])
          .describe('scales to draw from; a crop has 1/scale of the size'),
        flip: z.boolean().default(true).describe('mirror with probability 1/2'),
        sideEffects: z
          .enum(['published', 'corrected'])
          .default('published')
          .describe("the published resizing's side effects: kept or corrected"),
      })
      .prefault({})
      .describe('random scale, crop and mirror of training scenes'),
    normalise: z
      .strictObject({
        mean: triple.default([0, 0, 0]).describe('mean of the image (0 to 1) by channel'),
        std: z
          .tuple([positive, positive, positive])
          .default([1, 1, 1])
          .describe('standard deviation of the image (0 to 1) by channel'),
      })
      .prefault({})
      .describe('(image - mean) / std'),
    holdOut: z.int().min(0).default(0).describe('training scenes that become the split val'),
    holdOutSeed: z.int().min(0).default(0).describe('which scenes are held out'),
    limit: z
      .strictObject({ train: count.optional(), test: count.optional() })
      .prefault({})
      .describe('the first so many scenes of a split'),
    threads: z.int().min(0).max(64).default(1).describe('worker threads that read and augment ahead'),
  };
}

/** The schema of the shipped sample, at the size that it is shipped in. */
export const sampleSchema: OptionsSchema<NyuSampleOptions> = z.strictObject(shared([96, 128]));

/** The schema of `nyuv2`. */
export const nyuSchema: OptionsSchema<NyuOptions> = z.strictObject({
  ...shared([288, 384]),
  source: z
    .enum(['auto', ...sourceNames])
    .default('auto')
    .describe('which form of the data is read'),
  scenes: z
    .strictObject({
      train: count.default(officialCounts.train),
      test: count.default(officialCounts.test),
    })
    .prefault({})
    .describe('how many scenes there must be'),
  unlabelled: z
    .enum(['refuse', 'allow'])
    .default('refuse')
    .describe('whether a scene without a valid label for a task is an error'),
  precision: z
    .enum(['compact', 'float32'])
    .default('compact')
    .describe('how exactly the cache keeps image, depth and normals'),
  cache: z.string().min(1).optional().describe('folder of the cache'),
  download: z.enum(['parquet', 'mat']).default('parquet').describe('which form "data get" downloads'),
  url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('beginning of the addresses, for a mirror'),
});

import type { HeadKind } from '@overparam/plugin';
import * as z from 'zod';
import { type DeeplabOptions, deeplabHead, pooledHead, segnetHead } from './heads';

const segnet: HeadKind = {
  apiVersion: 1,
  name: 'segnet',
  summary: 'A 3x3 and a 1x1 convolution',
  options: z.strictObject({}),
  make: () => segnetHead,
};

const deeplab: HeadKind<DeeplabOptions> = {
  apiVersion: 1,
  name: 'deeplab',
  summary: 'Atrous spatial pyramid pooling, dropout, a 3x3 and a 1x1 convolution',
  options: z.strictObject({
    filters: z.int().min(1).default(256).describe('Channels of every layer but the last.'),
    rates: z
      .array(z.int().min(1).max(256))
      .min(1)
      .max(8)
      .default([12, 24, 36])
      .describe('Dilations of the 3x3 convolutions, in pixels of the features.'),
    dropout: z.number().min(0).lt(1).default(0.5).describe('Share of features that training leaves out.'),
  }),
  make: deeplabHead,
};

const pooled: HeadKind = {
  apiVersion: 1,
  name: 'pooled',
  summary: 'Mean over the image and a dense layer: one answer an image',
  options: z.strictObject({}),
  make: () => pooledHead,
};

/** The heads of this package, as its plugin registers them. */
export const headKinds: readonly HeadKind[] = [segnet, deeplab, pooled];

import type { OptionsSchema, Start } from '@overparam/plugin';
import * as z from 'zod';

/** First scales of the six branches of a spatial kernel. */
export interface OrepaScales {
  readonly origin: number;
  readonly average: number;
  readonly prior: number;
  readonly stacked: number;
  readonly pointwise: number;
  readonly separable: number;
}

/** Options of {@link orepa}, complete. */
export interface OrepaOptions {
  /** `fresh`: branches at their first scales; `preserve`: the given kernel alone, other branches at zero. */
  readonly start: Start;
  /** What the scales of the branches begin with (`fresh`), of kernels larger than 1x1. */
  readonly scales: OrepaScales;
}

const scale = (value: number, branch: string) =>
  z.number().default(value).describe(`first scale of the ${branch}`);

/** What a config may say of {@link OrepaOptions}, and what it means where it says nothing. */
export const options: OptionsSchema<OrepaOptions> = z.strictObject({
  start: z
    .enum(['fresh', 'preserve'])
    .default('fresh')
    .describe('fresh: branches at their first scales; preserve: exactly the given layer'),
  scales: z
    .strictObject({
      origin: scale(0.25, 'k x k kernel'),
      average: scale(0.25, '1x1 kernel spread over the window'),
      prior: scale(0, '1x1 kernel times the frequency prior'),
      stacked: scale(0.5, '1x1 kernel before another k x k'),
      pointwise: scale(1, '1x1 kernel in the middle'),
      separable: scale(0.5, 'depthwise and pointwise pair'),
    })
    .default({ origin: 0.25, average: 0.25, prior: 0, stacked: 0.5, pointwise: 1, separable: 0.5 })
    .describe('first scales of the six branches'),
});

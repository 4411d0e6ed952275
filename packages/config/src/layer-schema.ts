import { z } from 'zod';

/** Layers by name or pattern, with negation and union. */
export type LayerChoice =
  | string
  | { readonly kind: 'conv2d' | 'dense' | 'conv1d' | 'depthwise' }
  | { readonly kernel: readonly [number, number] }
  | { readonly not: LayerChoice }
  | { readonly any: readonly LayerChoice[] }
  | { readonly all: readonly LayerChoice[] };

/** A choice of layers. */
export const layerChoice: z.ZodType<LayerChoice> = z.lazy(() => layerForms);

/** Made once: a choice inside a choice refers to it. */
const layerForms: z.ZodType<LayerChoice> = z.union([
  z.string().min(1),
  z.strictObject({
    kind: z.enum(['conv2d', 'dense', 'conv1d', 'depthwise']).describe('Layers of this kind.'),
  }),
  z.strictObject({
    kernel: z
      .tuple([z.int().min(1), z.int().min(1)])
      .describe('Convolutions with kernels of this height and width.'),
  }),
  z.strictObject({ not: layerChoice.describe('Layers that this does not choose.') }),
  z.strictObject({
    any: z.array(layerChoice).min(1).describe('Layers that at least one of these chooses.'),
  }),
  z.strictObject({ all: z.array(layerChoice).min(1).describe('Layers that each of these chooses.') }),
]);

/** Layers by rank. */
export type LayerRanking = {
  readonly by: 'weightNorm' | 'parameters';
  readonly among?: LayerChoice;
} & ({ readonly top: number } | { readonly fraction: number } | { readonly budget: number });

const amounts = ['top', 'fraction', 'budget'] as const;

/** A ranking of layers. */
export const layerRanking = z
  .strictObject({
    by: z
      .enum(['weightNorm', 'parameters'])
      .describe('What layers are ranked by, the largest first: the norm of their first kernel, or its size.'),
    top: z.int().min(1).optional().describe('How many layers are expanded.'),
    fraction: z.number().positive().max(1).optional().describe('The share of the layers, above 0 up to 1.'),
    budget: z
      .int()
      .min(1)
      .optional()
      .describe('Trained numbers that the expansions may add to the network together.'),
    among: layerChoice
      .optional()
      .describe('Layers that are ranked; all that the method supports where absent.'),
  })
  .refine((given) => amounts.filter((amount) => given[amount] !== undefined).length === 1, {
    error: 'a ranking says how many layers once: by top, by fraction or by budget',
    path: ['by'],
  }) as unknown as z.ZodType<LayerRanking>;

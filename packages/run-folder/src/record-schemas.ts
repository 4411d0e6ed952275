import type { PictureLegend } from '@overparam/plugin';
import type { FigureSpec, RunResult } from '@overparam/report';
import type { EpochRecord, EpochTiming, LayerRecord, Progress } from '@overparam/training';
import { z } from 'zod';

/** A count, or a place in a sequence. */
const count = z.int().min(0);

/** Numbers by name. */
const numbers = z.record(z.string(), z.number());

const stage = z.enum(['plain', 'expanded', 'collapsed']);

/** A loss can leave the numbers: JSON then has null. */
const loss = z.number().nullable() as unknown as z.ZodType<number>;

const taskScores = z.strictObject({ loss, figures: z.record(z.string(), z.number().nullable()) });

const scores = z.strictObject({ loss, byTask: z.record(z.string(), taskScores) });

const trainingScores = z.strictObject({
  loss,
  byTask: z.record(z.string(), taskScores.extend({ weight: z.number().optional() })),
  cosines: numbers.optional(),
});

const row = z.array(z.number().nullable());

/** One line of `metrics.jsonl`. */
export const epochRecordSchema = z.strictObject({
  epoch: z.int().min(1),
  update: count,
  stage,
  phases: z.record(z.string(), count),
  learningRate: z.number().min(0),
  train: trainingScores,
  test: scores,
  val: scores.optional(),
  details: z.record(z.string(), z.record(z.string(), z.union([row, z.array(row)]))).optional(),
}) as unknown as z.ZodType<EpochRecord>;

/** One line of `timings.jsonl`. */
export const epochTimingSchema: z.ZodType<EpochTiming> = z.strictObject({
  epoch: z.int().min(1),
  trainSeconds: z.number().min(0),
  testSeconds: z.number().min(0),
});

/** One line of `layers.jsonl`. */
export const layerRecordSchema = z.strictObject({
  update: count,
  norms: numbers.optional(),
  folded: z.array(z.string()).optional(),
  gains: numbers.optional(),
  ranks: numbers.optional(),
  similarities: z.record(z.string(), numbers).optional(),
}) as unknown as z.ZodType<LayerRecord>;

/** One figure of one task. */
export const figureSchema: z.ZodType<FigureSpec> = z.strictObject({
  task: z.string(),
  name: z.string(),
  direction: z.enum(['higher', 'lower']),
  unit: z.string(),
  title: z.string().optional(),
  digits: count.optional(),
});

/** `result.json`. */
export const runResultSchema = z.strictObject({
  label: z.string(),
  method: z.string(),
  routine: z.string(),
  seed: z.union([count, z.string()]),
  epochs: z.int().min(1),
  batch: z.int().min(1),
  updates: z.int().min(1),
  metrics: z.array(figureSchema),
  final: scores,
  collapsed: scores,
  choices: z.strictObject({
    last: scores,
    meanOfLast: z.strictObject({ epochs: z.int().min(1), scores }),
    best: z.strictObject({ epoch: z.int().min(1), scores }).nullable(),
  }),
  collapseGap: z.number().min(0),
  collapseTolerance: z.number().min(0),
  layers: z.array(z.strictObject({ layer: z.string(), method: z.string(), gap: z.number().min(0) })),
  stages: z.array(z.strictObject({ stage, from: count })),
  trainParameters: count,
  deployParameters: count,
  deployMultiplyAdds: count,
  deployNetworks: z.int().min(1),
}) as unknown as z.ZodType<RunResult>;

const sums = z.strictObject({ totals: numbers, counts: numbers });

/** What a checkpoint says of how far a run is. */
export const progressSchema = z.strictObject({
  update: count,
  stage,
  history: z.array(epochRecordSchema),
  sums: z.strictObject({
    updates: count,
    loss: z.number(),
    wrong: sums,
    losses: sums,
    weights: sums,
    cosines: sums,
    present: numbers,
    phases: z.record(z.string(), count),
    rate: z.number().min(0),
  }),
  balancer: z
    .record(z.string(), z.union([z.number(), z.array(z.number()), z.array(z.array(z.number()))]))
    .nullable(),
}) as unknown as z.ZodType<Progress>;

const colour = z.tuple([z.int().min(0).max(255), z.int().min(0).max(255), z.int().min(0).max(255)]);

/** `<scene>-<task>-legend.json`. */
export const legendSchema = z.strictObject({
  text: z.string(),
  colours: z.array(z.strictObject({ name: z.string(), colour })),
  scale: z
    .strictObject({ from: z.number(), to: z.number(), unit: z.string(), stops: z.array(colour) })
    .optional(),
}) as unknown as z.ZodType<PictureLegend>;

/** Ways by what is computed; see `kernelChoices` of `@overparam/engine`. */
export const kernelChoicesSchema = z.record(z.string(), z.string());

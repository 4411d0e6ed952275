import { collapse, costCard, type VerifyReport } from '@overparam/core-reparam';
import type { LayersModel } from '@tensorflow/tfjs';
import { createEvaluator } from './evaluate';
import type { TrainedNetwork } from './network';
import type { TrainingPlan } from './plan';
import type { Scores } from './records';

/** How far an expanded layer's collapsed form was from it: max|difference| / max|reference|. */
export interface LayerGap {
  readonly layer: string;
  readonly method: string;
  readonly gap: number;
}

/** What a run deploys: one network, or one for each task. */
export interface Deployed {
  /** One with all outputs, or one for each task in their order; the caller disposes. */
  readonly networks: readonly { readonly task: string | null; readonly model: LayersModel }[];
  /** Largest gap of all networks and layers. */
  readonly gap: number;
  /** What the gap had to stay below. */
  readonly tolerance: number;
  /** The worst gap of each expanded layer. */
  readonly layers: readonly LayerGap[];
  /** Of all networks. */
  readonly parameters: number;
  /** Multiply-adds for one image, of all networks. */
  readonly multiplyAdds: number;
}

/**
 * Collapses a trained network: into one where one will do, else into one for each task with a trunk of its own.
 *
 * @throws OverparamError `collapse-mismatch`
 */
export async function deploy({
  model,
  trunks,
  apart,
}: Pick<TrainedNetwork, 'model' | 'trunks' | 'apart'>): Promise<Deployed> {
  const tasks = apart ? trunks : [null];
  const done = tasks.map((task) => ({ task, ...collapse(model, task === null ? {} : { task }) }));
  const costs = [];
  for (const { model: network } of done) costs.push((await costCard(network)).expanded);
  const reports = done.map(({ report }) => report);
  return {
    networks: done.map(({ task, model: network }) => ({ task, model: network })),
    gap: Math.max(...reports.flatMap(({ gap, layers }) => [gap, ...layers.map((layer) => layer.gap)])),
    tolerance: reports[0]!.tolerance,
    layers: worstGaps(reports),
    parameters: done.reduce((sum, { model: network }) => sum + network.countParams(), 0),
    multiplyAdds: costs.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0),
  };
}

function worstGaps(reports: readonly VerifyReport[]): LayerGap[] {
  const worst = new Map<string, LayerGap>();
  for (const { layer, method, gap } of reports.flatMap(({ layers }) => layers)) {
    if (gap >= (worst.get(layer)?.gap ?? 0)) worst.set(layer, { layer, method, gap });
  }
  return [...worst.values()];
}

/** Disposes the networks that {@link deploy} gave. */
export function disposeDeployed({ networks }: Deployed): void {
  for (const { model } of networks) model.dispose();
}

/** What deployed networks come to on the test split. */
export async function evaluateDeployed(
  { networks }: Deployed,
  { tasks, dataset, sizes, recipe }: Pick<TrainingPlan, 'tasks' | 'dataset' | 'sizes' | 'recipe'>,
  signal?: AbortSignal,
): Promise<Scores> {
  const models = networks.map(({ model }) => model);
  const evaluator = createEvaluator(models, tasks, dataset, {
    split: 'test',
    size: sizes.test,
    batch: recipe.batch,
    signal,
  });
  try {
    return (await evaluator.run()).scores;
  } finally {
    evaluator.dispose();
  }
}

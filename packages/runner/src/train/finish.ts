import { join } from 'node:path';
import { collapse } from '@overparam/core-reparam';
import type { NetworkMetadata } from '@overparam/export';
import { writeNetwork } from '@overparam/export/node';
import { type MetricsLine, type RunResult, type Scores, writeAtomically } from '../run/files';
import { createEvaluator, figureName } from './evaluate';
import type { Progress } from './progress';
import type { Session } from './session';
import type { Trained } from './stage';

/** What a saved network says of itself beside its role: how it was trained, so that files can be told apart. */
function lineage(session: Session): Omit<NetworkMetadata, 'role'> {
  const { config, updates } = session;
  const { backbone, dataset, method, routine, seed } = config;
  const names = {
    backbone: backbone.name,
    dataset: dataset.name,
    method: method.name,
    routine: routine.name,
  };
  return {
    ...names,
    methodOptions: JSON.parse(JSON.stringify(method)) as Record<string, never>,
    seed,
    updates,
  };
}

/** The test figures in a metrics line, as the evaluation after that epoch gave them. */
function scoresOf({ tasks }: Session, line: MetricsLine): Scores {
  const names = tasks.flatMap((task) =>
    [...(tasks.length > 1 ? ['loss'] : []), ...task.metrics.map(({ name }) => name)].map((name) =>
      figureName(tasks, task.name, name),
    ),
  );
  return { loss: line.testLoss, ...Object.fromEntries(names.map((name) => [name, line[name] as number])) };
}

/**
 * Ends a run: collapses, verifies, evaluates the collapsed network and writes `final/`, `collapsed/` and, last
 * of all, `result.json`.
 *
 * @param progress  at its end; the last epoch's scores are those of the network as it was trained
 * @throws OverparamError `collapse-mismatch`
 */
export async function finishRun(
  folder: string,
  session: Session,
  trained: Trained,
  progress: Progress,
  signal?: AbortSignal,
): Promise<RunResult> {
  const { config, tasks, dataset, sizes, updates, parameters } = session;
  const { model } = trained.network;
  const { model: collapsedModel, report } = collapse(model);
  const evaluator = createEvaluator(collapsedModel, tasks, dataset, {
    split: 'test',
    size: sizes.test,
    batch: config.batch,
    signal,
  });
  try {
    const collapsed = await evaluator.run();
    const gap = Math.max(report.gap, ...report.layers.map((layer) => layer.gap));
    await writeNetwork(join(folder, 'final'), model, { role: 'expanded', ...lineage(session) });
    await writeNetwork(join(folder, 'collapsed'), collapsedModel, {
      role: 'collapsed',
      ...lineage(session),
      collapseGap: gap,
    });
    const result: RunResult = {
      label: config.label,
      method: config.method.name,
      routine: config.routine.name,
      seed: config.seed,
      epochs: config.epochs,
      updates,
      top1Error: collapsed.top1Error ?? null,
      final: scoresOf(session, progress.history.at(-1)!),
      collapsed,
      collapseGap: gap,
      collapseTolerance: report.tolerance,
      layers: report.layers.map(({ layer, method, gap: layerGap }) => ({ layer, method, gap: layerGap })),
      stages: session.schedule.stages.map(({ stage, from }) => ({ stage, from })),
      trainParameters: parameters.expanded,
      deployParameters: collapsedModel.countParams(),
    };
    await writeAtomically(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
    return result;
  } finally {
    evaluator.dispose();
    collapsedModel.dispose();
  }
}

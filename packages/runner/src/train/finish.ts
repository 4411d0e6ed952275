import { join } from 'node:path';
import type { NetworkMetadata } from '@overparam/export';
import { writeNetwork } from '@overparam/export/node';
import { type MetricsLine, type RunResult, type Scores, writeAtomically } from '../run/files';
import { choicesOf } from './choices';
import { type Deployed, deploy } from './deploy';
import { createEvaluator, figureName } from './evaluate';
import { writePanels } from './panels';
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

/** Names of the test figures in a metrics line, without the loss of all. */
function figureNames({ tasks }: Session): string[] {
  return tasks.flatMap((task) =>
    [...(tasks.length > 1 ? ['loss'] : []), ...task.metrics.map(({ name }) => name)].map((name) =>
      figureName(tasks, task.name, name),
    ),
  );
}

/** The test figures in a metrics line, as the evaluation after that epoch gave them. */
function scoresOf(session: Session, line: MetricsLine): Scores {
  const names = figureNames(session);
  return { loss: line.testLoss, ...Object.fromEntries(names.map((name) => [name, line[name] as number])) };
}

/** Largest gap of all networks and layers. */
function gapOf({ reports }: Deployed): number {
  return Math.max(...reports.flatMap(({ gap, layers }) => [gap, ...layers.map((layer) => layer.gap)]));
}

/** The worst gap of each layer. */
function layerGaps({ reports }: Deployed): RunResult['layers'] {
  const worst = new Map<string, RunResult['layers'][number]>();
  for (const { layer, method, gap } of reports.flatMap(({ layers }) => layers)) {
    if (gap >= (worst.get(layer)?.gap ?? 0)) worst.set(layer, { layer, method, gap });
  }
  return [...worst.values()];
}

/** Writes `final/`, with pictures of what it predicts, and `collapsed/`, in a folder a task where there are several. */
async function writeNetworks(folder: string, session: Session, trained: Trained, deployed: Deployed) {
  const about = lineage(session);
  await writeNetwork(join(folder, 'final'), trained.network.model, { role: 'expanded', ...about });
  for (const { task, model } of deployed.networks) {
    const place = task === null ? ['collapsed'] : ['collapsed', task];
    const collapseGap = gapOf(deployed);
    await writeNetwork(join(folder, ...place), model, { role: 'collapsed', ...about, collapseGap });
  }
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
  const deployed = await deploy(trained.network);
  const models = deployed.networks.map(({ model }) => model);
  const networks = models.length === 1 ? models[0]! : models;
  const evaluator = createEvaluator(networks, tasks, dataset, {
    split: 'test',
    size: sizes.test,
    batch: config.batch,
    signal,
  });
  try {
    const { scores: collapsed } = await evaluator.run();
    await writeNetworks(folder, session, trained, deployed);
    await writePanels(join(folder, 'final', 'panels'), dataset, tasks, networks, sizes.test);
    const names = figureNames(session);
    const result: RunResult = {
      label: config.label,
      method: config.method.name,
      routine: config.routine.name,
      seed: config.seed,
      epochs: config.epochs,
      updates,
      metrics: tasks.flatMap((task) =>
        task.metrics.map((metric) => ({
          task: task.name,
          figure: figureName(tasks, task.name, metric.name),
          ...metric,
        })),
      ),
      top1Error: collapsed.top1Error ?? null,
      final: scoresOf(session, progress.history.at(-1)!),
      collapsed,
      choices: choicesOf(progress.history, collapsed, names),
      collapseGap: gapOf(deployed),
      collapseTolerance: deployed.reports[0]!.tolerance,
      layers: layerGaps(deployed),
      stages: session.schedule.stages.map(({ stage, from }) => ({ stage, from })),
      trainParameters: parameters.expanded,
      deployParameters: deployed.parameters,
      deployMultiplyAdds: deployed.multiplyAdds,
      deployNetworks: models.length,
    };
    await writeAtomically(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
    return result;
  } finally {
    evaluator.dispose();
    for (const model of models) model.dispose();
  }
}

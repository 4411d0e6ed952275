import { join } from 'node:path';
import type { RunConfig } from '@overparam/config';
import type { NetworkMetadata } from '@overparam/export';
import { writeNetwork } from '@overparam/export/node';
import { writeFileAtomic } from '@overparam/files';
import type { FigureSpec, RunResult } from '@overparam/report';
import { sealRun } from '@overparam/run-folder';
import {
  choicesOf,
  type Deployed,
  deploy,
  disposeDeployed,
  evaluateDeployed,
  type Progress,
  type Trained,
  type TrainingPlan,
} from '@overparam/training';
import { lineageOf } from './lineage';
import { writePanels } from './panels';

/** Writes `final/` and `collapsed/`, in a folder a task where there are several. */
async function writeNetworks(
  folder: string,
  about: Omit<NetworkMetadata, 'role'>,
  trained: Trained,
  { networks, gap }: Deployed,
): Promise<void> {
  const final = join(folder, 'final');
  const { sha256 } = await writeNetwork(final, trained.network.model, { role: 'expanded', ...about });
  const more = { source: { role: 'expanded', sha256 }, collapseGap: gap } as const;
  for (const { task, model } of networks) {
    const place = task === null ? ['collapsed'] : ['collapsed', task];
    await writeNetwork(join(folder, ...place), model, { role: 'collapsed', ...about, ...more });
  }
}

/** The figures of all tasks, in the order of tables. */
export function figuresOf({ tasks }: Pick<TrainingPlan, 'tasks'>): FigureSpec[] {
  return tasks.flatMap((task) => task.metrics.map((metric) => ({ task: task.name, ...metric })));
}

/**
 * Ends a run: collapses, verifies, evaluates the collapsed network and writes `final/`, with pictures of what it
 * predicts, `collapsed/`, checksums of what has none inside it and, last of all, `result.json`.
 *
 * @param progress  at its end; the last epoch's scores are those of the network as it was trained
 * @throws OverparamError `collapse-mismatch`
 */
export async function finishRun(
  folder: string,
  config: RunConfig,
  plan: TrainingPlan,
  trained: Trained,
  progress: Progress,
  signal?: AbortSignal,
): Promise<RunResult> {
  const { dataset, sizes, parameters, schedule } = plan;
  const deployed = await deploy(trained.network);
  try {
    const collapsed = await evaluateDeployed(deployed, plan, signal);
    await writeNetworks(folder, await lineageOf(folder, config, plan), trained, deployed);
    const models = deployed.networks.map(({ model }) => model);
    await writePanels(join(folder, 'final', 'panels'), dataset, plan.tasks, models, sizes.test);
    const result: RunResult = {
      label: config.label,
      method: config.method.name,
      routine: config.routine.name,
      seed: config.seed,
      // Fewer than planned where it was stopped early.
      epochs: progress.history.length,
      batch: config.batch,
      updates: progress.update,
      metrics: figuresOf(plan),
      final: progress.history.at(-1)!.test,
      collapsed,
      choices: choicesOf(progress.history, collapsed),
      collapseGap: deployed.gap,
      collapseTolerance: deployed.tolerance,
      layers: deployed.layers,
      stages: schedule.stages.map(({ stage, from }) => ({ stage, from })),
      trainParameters: parameters.expanded,
      deployParameters: deployed.parameters,
      deployMultiplyAdds: deployed.multiplyAdds,
      deployNetworks: models.length,
    };
    const text = `${JSON.stringify(result, null, 2)}\n`;
    await sealRun(folder, text);
    await writeFileAtomic(join(folder, 'result.json'), text);
    return result;
  } finally {
    disposeDeployed(deployed);
  }
}

import type { Stage } from '@overparam/core-reparam';
import { OverparamError } from '@overparam/engine';
import type { RunConfig } from '../config/schema';
import { type MetricsLine, type RunResult, readRun } from '../run/files';
import type { PlannedRun } from './plan';
import type { Outcome } from './pool';
import type { EpochRecord, RowRecord, RunFailure, SeedRun, StageStart } from './record';
import { mean } from './statistics';

function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function curveOf(metrics: readonly MetricsLine[]): EpochRecord[] {
  return metrics.map((line) => ({
    epoch: line.epoch,
    trainLoss: finite(line.trainLoss),
    testError: finite(line.top1Error),
  }));
}

/** Stages by epoch in place of update. */
function stagesOf({ stages, updates, epochs }: RunResult): StageStart[] {
  return stages.map(({ stage, from }) => ({ stage: stage as Stage, epoch: (from * epochs) / updates }));
}

/**
 * Reads a finished run from its folder.
 *
 * @throws OverparamError `run-unfinished` where there is no result, `no-error-rate` where no task is a classification
 */
export async function collectRun(folder: string, seed: string): Promise<SeedRun> {
  const { result, metrics, timings } = await readRun(folder);
  if (result === null) {
    throw new OverparamError(
      'run-unfinished',
      'The run ended without a result. Start the comparison again with --resume.',
    );
  }
  if (result.top1Error === null) {
    throw new OverparamError(
      'no-error-rate',
      'The dataset has no classification task, so there is no top-1 error to compare.',
    );
  }
  return {
    seed,
    top1Error: result.top1Error,
    trainParameters: result.trainParameters,
    deployParameters: result.deployParameters,
    secondsPerEpoch: mean(timings.map((line) => line.trainSeconds)),
    collapseGap: result.collapseGap,
    curve: curveOf(metrics),
    stages: stagesOf(result),
    layers: result.layers,
  };
}

/**
 * Gathers the finished runs by row; what failed, or ended without a result, is listed with its reason.
 *
 * @param outcomes  one for each of `runs`
 */
export async function gatherRows(
  rows: readonly Pick<RunConfig, 'label' | 'method' | 'routine'>[],
  runs: readonly PlannedRun[],
  outcomes: readonly Outcome[],
): Promise<RowRecord[]> {
  const records = rows.map((row) => ({
    label: row.label,
    method: row.method.name,
    routine: row.routine.name,
    runs: [] as SeedRun[],
    failures: [] as RunFailure[],
  }));
  for (const [index, { row, seed, folder }] of runs.entries()) {
    const record = records[row]!;
    const outcome = outcomes[index]!;
    try {
      if (outcome.kind === 'finished') record.runs.push(await collectRun(folder, seed));
      else if (outcome.kind === 'failed') record.failures.push({ seed, message: outcome.message });
    } catch (error) {
      record.failures.push({ seed, message: (error as Error).message });
    }
  }
  return records;
}

import { OverparamError } from '@overparam/errors';
import type { Stage } from '@overparam/plugin';
import type { RunConfig } from '../config/schema';
import { type MetricsLine, type RunResult, readRun } from '../run/files';
import type { PlannedRun } from './plan';
import type { Outcome } from './pool';
import type { ClassFigures, EpochRecord, RowRecord, RunFailure, SeedRun, StageStart } from './record';
import { mean } from './statistics';

function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** Numbers by name without those that are none. */
function numbersOf(given: Readonly<Record<string, unknown>> | undefined): Record<string, number> {
  return Object.fromEntries(
    Object.entries(given ?? {}).flatMap(([name, value]) =>
      finite(value) === null ? [] : [[name, value as number]],
    ),
  );
}

/** A run's figures under `task/figure`, whatever they are called in its own files. */
function figuresOf(
  { metrics }: RunResult,
  scores: Readonly<Record<string, unknown>>,
): Record<string, number> {
  return numbersOf(
    Object.fromEntries(metrics.map(({ task, name, figure }) => [`${task}/${name}`, scores[figure]])),
  );
}

function curveOf(result: RunResult, metrics: readonly MetricsLine[]): EpochRecord[] {
  return metrics.map((line) => ({
    epoch: line.epoch,
    trainLoss: finite(line.trainLoss),
    testError: finite(line.top1Error),
    trainLosses: numbersOf(line.trainLosses),
    weights: numbersOf(line.weights),
    cosines: numbersOf(line.cosines),
    figures: figuresOf(result, line),
  }));
}

/** Figures by class in the last line. */
function classesOf(metrics: readonly MetricsLine[]): ClassFigures[] {
  return Object.entries(metrics.at(-1)?.details ?? {}).flatMap(([task, { classIoU, confusionMatrix }]) =>
    classIoU && confusionMatrix
      ? [
          {
            task,
            classIoU: (classIoU as readonly number[]).map(finite),
            confusionMatrix: confusionMatrix as readonly (readonly number[])[],
          },
        ]
      : [],
  );
}

function choicesOf(result: RunResult): SeedRun['choices'] {
  const { last, meanOfLast, best } = result.choices;
  return {
    last: figuresOf(result, last),
    meanOfLast: figuresOf(result, meanOfLast.scores),
    best: best && figuresOf(result, best.scores),
  };
}

/** Stages by epoch in place of update. */
function stagesOf({ stages, updates, epochs }: RunResult): StageStart[] {
  return stages.map(({ stage, from }) => ({ stage: stage as Stage, epoch: (from * epochs) / updates }));
}

/**
 * Reads a finished run from its folder.
 *
 * @throws OverparamError `run-unfinished` where there is no result
 */
export async function collectRun(folder: string, seed: string): Promise<SeedRun> {
  const { config, result, metrics, timings } = await readRun(folder);
  if (result === null) {
    throw new OverparamError(
      'run-unfinished',
      'The run ended without a result. Start the comparison again with --resume.',
    );
  }
  const choices = choicesOf(result);
  return {
    seed,
    top1Error: result.top1Error,
    figures: choices[config.evaluation] ?? choices.last!,
    choices,
    epochsOfMean: result.choices.meanOfLast.epochs,
    classes: classesOf(metrics),
    trainParameters: result.trainParameters,
    deployParameters: result.deployParameters,
    deployMultiplyAdds: result.deployMultiplyAdds,
    deployNetworks: result.deployNetworks,
    secondsPerEpoch: mean(timings.map((line) => line.trainSeconds)),
    collapseGap: result.collapseGap,
    curve: curveOf(result, metrics),
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

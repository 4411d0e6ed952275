import { OverparamError } from '@overparam/errors';
import type { Stage } from '@overparam/plugin';
import type { RunResult } from '@overparam/report';
import type { EpochRecord as Epoch, Scores } from '@overparam/training';
import type { RunConfig } from '../config/schema';
import { readRun } from '../run/read-run';
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

function figuresOf({ metrics }: RunResult, { byTask }: Scores): Record<string, number> {
  return numbersOf(
    Object.fromEntries(metrics.map(({ task, name }) => [`${task}/${name}`, byTask[task]?.figures[name]])),
  );
}

function curveOf(result: RunResult, metrics: readonly Epoch[]): EpochRecord[] {
  return metrics.map((line) => ({
    epoch: line.epoch,
    trainLoss: line.train.loss,
    testError: Object.values(line.test.byTask)[0]?.figures.top1Error ?? null,
    trainLosses: numbersOf(
      Object.fromEntries(Object.entries(line.train.byTask).map(([t, s]) => [t, s.loss])),
    ),
    weights: numbersOf(Object.fromEntries(Object.entries(line.train.byTask).map(([t, s]) => [t, s.weight]))),
    cosines: numbersOf(line.train.cosines),
    figures: figuresOf(result, line.test),
  }));
}

/** Figures by class in the last line. */
function classesOf(metrics: readonly Epoch[]): ClassFigures[] {
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
    top1Error: Object.values(result.collapsed.byTask)[0]?.figures.top1Error ?? null,
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

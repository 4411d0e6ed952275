import { OverparamError } from '@overparam/errors';
import type { SeedRun, StageStart } from './records';
import type { RunRecord, RunResult } from './run-records';
import { mean } from './statistics';

/** Stages by epoch in place of update. */
function stagesOf({ stages, updates, epochs }: RunResult): StageStart[] {
  return stages.map(({ stage, from }) => ({ stage, epoch: (from * epochs) / updates }));
}

/**
 * What a finished run contributes to a comparison.
 *
 * @param run   what it left, read
 * @param seed  its name among the runs of its row
 * @throws OverparamError `run-unfinished` where there is no result
 */
export function collectRun({ metrics, timings, result }: RunRecord, seed: string): SeedRun {
  if (result === null) {
    throw new OverparamError(
      'run-unfinished',
      'The run ended without a result. Start the comparison again with --resume.',
    );
  }
  return {
    seed,
    choices: result.choices,
    details: metrics.at(-1)?.details ?? {},
    trainParameters: result.trainParameters,
    deployParameters: result.deployParameters,
    deployMultiplyAdds: result.deployMultiplyAdds,
    deployNetworks: result.deployNetworks,
    secondsPerEpoch: timings.length === 0 ? null : mean(timings.map(({ trainSeconds }) => trainSeconds)),
    collapseGap: result.collapseGap,
    // A matrix of counts for each epoch would make up most of a comparison's file.
    curve: metrics.map(({ details: _, ...record }) => record),
    stages: stagesOf(result),
    layers: result.layers,
  };
}

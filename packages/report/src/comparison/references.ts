import type { Choices, Scores } from '@overparam/training';
import { shownFigure } from './choices';
import { type ByFigure, byFigure, figureIn } from './figures';
import type { RowRecord, SeedRun } from './records';
import type { FigureSpec } from './run-records';
import { mean } from './statistics';

/** Figures of the single-task networks, means over the seeds; null where one of them has none. */
export function referenceFigures(
  references: readonly RowRecord[],
  metrics: readonly FigureSpec[],
): ByFigure<number> | null {
  const means = byFigure(metrics, (figure) =>
    mean(references.flatMap((row) => row.runs.flatMap((run) => shownFigure(row, run, figure) ?? []))),
  );
  return metrics.every((figure) => Number.isFinite(figureIn(means, figure))) ? means : null;
}

function joined(scores: readonly Scores[]): Scores {
  return {
    loss: scores.reduce((sum, { loss }) => sum + loss, 0),
    byTask: Object.fromEntries(scores.flatMap(({ byTask }) => Object.entries(byTask))),
  };
}

function joinedChoices(choices: readonly Choices[]): Choices {
  const best = choices.flatMap((choice) => choice.best ?? []);
  return {
    last: joined(choices.map(({ last }) => last)),
    meanOfLast: {
      epochs: choices[0]!.meanOfLast.epochs,
      scores: joined(choices.map(({ meanOfLast }) => meanOfLast.scores)),
    },
    best:
      best.length === choices.length
        ? { epoch: best[0]!.epoch, scores: joined(best.map(({ scores }) => scores)) }
        : null,
  };
}

/** Single-task networks of one seed as if they were one run: figures of each, costs of all. */
function joinedRun(seed: string, runs: readonly SeedRun[]): SeedRun {
  const sumOf = (what: (run: SeedRun) => number) => runs.reduce((sum, run) => sum + what(run), 0);
  const timed = runs.every(({ secondsPerEpoch }) => secondsPerEpoch !== null);
  return {
    seed,
    choices: joinedChoices(runs.map(({ choices }) => choices)),
    details: Object.fromEntries(runs.flatMap(({ details }) => Object.entries(details))),
    trainParameters: sumOf((run) => run.trainParameters),
    deployParameters: sumOf((run) => run.deployParameters),
    deployMultiplyAdds: sumOf((run) => run.deployMultiplyAdds),
    deployNetworks: sumOf((run) => run.deployNetworks),
    secondsPerEpoch: timed ? sumOf((run) => run.secondsPerEpoch!) : null,
    collapseGap: Math.max(...runs.map((run) => run.collapseGap)),
    curve: [],
    stages: [],
    layers: [],
  };
}

/**
 * The single-task networks as one row, with a run for each seed that all of them finished; its effort is that of each of
 * them. Null where there are none.
 */
export function combinedReference(rows: readonly RowRecord[]): RowRecord | null {
  const references = rows.filter(({ kind }) => kind === 'reference');
  const [first, ...others] = references;
  if (!first || others.length === 0) return first ?? null;
  const runs = first.runs.flatMap(({ seed }) => {
    const own = references.flatMap((row) => row.runs.find((run) => run.seed === seed) ?? []);
    return own.length === references.length ? [joinedRun(seed, own)] : [];
  });
  return { ...first, label: 'Single tasks', runs, failures: references.flatMap(({ failures }) => failures) };
}

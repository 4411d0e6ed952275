import type { Figure, Scores } from '@overparam/training';
import type { ByFigure, RowRecord, SeedRun } from '../../src';
import type { FigureSpec } from '../../src/comparison/run-records';

/** A figure of a task. */
export function figureOf(
  task: string,
  name: string,
  unit: string,
  direction: FigureSpec['direction'],
  shown: Pick<FigureSpec, 'title' | 'digits'> = {},
): FigureSpec {
  return { task, name, unit, direction, ...shown };
}

/** Scores of which only the figures matter. */
export function scores(figures: ByFigure<Figure>, loss = 1): Scores {
  const byTask = Object.entries(figures).map(([task, own]) => [task, { loss, figures: own }] as const);
  return { loss: loss * byTask.length, byTask: Object.fromEntries(byTask) };
}

/** A run with the same figures by every way to choose the epoch but the best one, which is not open. */
export function seedRun(seed: string, figures: ByFigure<Figure>, change: Partial<SeedRun> = {}): SeedRun {
  const all = scores(figures);
  return {
    seed,
    choices: { last: all, meanOfLast: { epochs: 2, scores: all }, best: null },
    details: {},
    trainParameters: 1000,
    deployParameters: 800,
    deployMultiplyAdds: 2_000_000,
    deployNetworks: 1,
    secondsPerEpoch: 2,
    collapseGap: 1e-7,
    curve: [],
    stages: [{ stage: 'expanded', epoch: 0 }],
    layers: [{ layer: 'stem', method: 'trirep', gap: 1e-7 }],
    ...change,
  };
}

/** A row with its runs; the baseline where its method is `plain`. */
export function rowRecord(
  label: string,
  method: string,
  runs: readonly SeedRun[],
  change: Partial<RowRecord> = {},
): RowRecord {
  return {
    label,
    method,
    routine: 'joint',
    kind: method === 'plain' ? 'baseline' : 'row',
    evaluation: 'last',
    epochs: 2,
    batch: 4,
    updates: 12,
    trainImages: 24,
    runs,
    failures: [],
    ...change,
  };
}

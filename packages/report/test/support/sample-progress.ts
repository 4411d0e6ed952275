import type { ComparisonProgress } from '../../src';
import { sampleComparison, topError } from './sample-comparison';
import { sampleRun } from './sample-run';

/** A made-up comparison of two rows with two seeds, each run with some of 12 epochs done. */
export function sampleProgress(done: number): ComparisonProgress {
  const { records } = sampleComparison(2, 12);
  const { result } = sampleRun(12, 'finished').record;
  const state = done === 0 ? 'not begun' : done === 12 ? 'finished' : 'training';
  return {
    title: 'Made up',
    state: state === 'not begun' ? 'training' : state,
    runs: records.slice(0, 2).flatMap(({ label, runs }) =>
      runs.map(({ seed, curve }) => ({
        label,
        seed,
        state,
        epochs: 12,
        record: {
          metrics: curve.slice(0, done),
          timings: [],
          result: state === 'finished' ? result : null,
        },
      })),
    ),
    metrics: done === 0 ? [] : [topError],
    page: 'runs/made-up/report.html',
  };
}

import { shownFigure } from '../comparison/choices';
import type { RowRecord } from '../comparison/records';
import type { FigureSpec } from '../comparison/run-records';
import type { FigureLine } from '../drawing/page-data';

/** A line for each finished run: test figures of the epoch that its row shows, and costs. */
export function figureLines(records: readonly RowRecord[], metrics: readonly FigureSpec[]): FigureLine[] {
  return records.flatMap((row) =>
    row.runs.map((run) => ({
      row: row.label,
      method: row.method,
      routine: row.routine,
      kind: row.kind,
      seed: run.seed,
      ...Object.fromEntries(
        metrics.map((figure) => [`${figure.task}.${figure.name}`, shownFigure(row, run, figure)]),
      ),
      trainParameters: run.trainParameters,
      deployParameters: run.deployParameters,
      deployMultiplyAdds: run.deployMultiplyAdds,
      deployNetworks: run.deployNetworks,
      secondsPerEpoch: run.secondsPerEpoch,
      collapseGap: run.collapseGap,
    })),
  );
}

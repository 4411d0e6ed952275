import { columnName, curveColumns } from '../comparison/curve-columns';
import { headlines, tasksOf } from '../comparison/figures';
import type { RowRecord, SeedRun } from '../comparison/records';
import type { FigureSpec } from '../comparison/run-records';
import { rowStyles } from '../drawing/colours';
import type { CurveRow, CurveSpec } from '../drawing/curve-data';
import { figureDigits, ofTask, titleOf } from '../wording/figures';

/** What curves are drawn of: rows whose runs may still be at work. */
export interface CurveSource extends Pick<RowRecord, 'label' | 'kind'> {
  readonly runs: readonly Pick<SeedRun, 'seed' | 'curve' | 'stages'>[];
}

/** Curves that belong together. */
export interface CurveGroup {
  readonly title: string;
  readonly curves: readonly CurveSpec[];
}

/** Figures of single precision have no more digits, and a page of many runs stays small. */
function short(value: number | null | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? Number(value.toPrecision(7)) : null;
}

/** The curves of all rows' runs as lists of numbers, which the page holds. */
export function curveRows(rows: readonly CurveSource[], metrics: readonly FigureSpec[]): CurveRow[] {
  const columns = curveColumns(
    rows.flatMap(({ runs }) => runs),
    metrics,
  );
  const styles = rowStyles(
    rows.length,
    rows.findIndex(({ kind }) => kind === 'baseline'),
  );
  return rows.map(({ label, runs }, index) => ({
    label,
    ...styles[index]!,
    runs: runs.map(({ seed, curve }) => ({
      seed,
      epoch: curve.map(({ epoch }) => epoch),
      columns: Object.fromEntries(
        columns.map(({ name, value }) => [name, curve.map((epoch) => short(value(epoch)))]),
      ),
    })),
  }));
}

/** What is drawn of what runs logged by epoch: test figures, losses, weights of the losses, cosines of the gradients. */
export function curveGroups(rows: readonly CurveRow[], metrics: readonly FigureSpec[]): CurveGroup[] {
  const runs = rows.flatMap((row) => row.runs);
  const names = new Set(runs.flatMap(({ columns }) => Object.keys(columns)));
  const has = ({ column }: CurveSpec) =>
    runs.some(({ columns }) => columns[column]?.some((value) => value !== null));
  const ofEachTask = (id: 'loss' | 'weight', what: string) =>
    tasksOf(metrics).map(
      (task, index): CurveSpec => ({
        id: `${id}-${index + 1}`,
        title: ofTask(task, what, metrics),
        digits: 4,
        column: columnName[id](task),
      }),
    );
  const cosines = [...names].filter((name) => name.startsWith(columnName.cosine('')));
  const groups: CurveGroup[] = [
    {
      title: 'Test figures',
      curves: headlines(metrics).map((figure, index) => ({
        id: `test-${index + 1}`,
        title: ofTask(figure.task, `test ${titleOf(figure)}`, metrics),
        digits: figureDigits(figure),
        column: columnName.figure(figure),
      })),
    },
    { title: 'Training losses', curves: ofEachTask('loss', 'training loss') },
    { title: "Weights of the tasks' losses", curves: ofEachTask('weight', 'weight') },
    {
      title: "Cosines between the tasks' gradients",
      curves: cosines.map((column, index) => ({
        id: `cosine-${index + 1}`,
        title: column.slice(columnName.cosine('').length).replace('/', ' and '),
        digits: 4,
        column,
      })),
    },
  ];
  return groups.flatMap(({ title, curves }) => {
    const found = curves.filter(has);
    return found.length === 0 ? [] : [{ title, curves: found }];
  });
}

/** A change of stage, and which rows make it. */
export interface Boundary {
  readonly stage: string;
  readonly epoch: number;
  readonly rows: readonly number[];
}

/** Where rows change their stage; rows that change alike share a boundary. */
export function stageBoundaries(rows: readonly CurveSource[]): Boundary[] {
  const boundaries = new Map<string, { stage: string; epoch: number; rows: number[] }>();
  rows.forEach((row, index) => {
    for (const { stage, epoch } of row.runs[0]?.stages ?? []) {
      if (epoch === 0) continue;
      const key = `${stage}@${epoch.toFixed(3)}`;
      const boundary = boundaries.get(key) ?? { stage, epoch, rows: [] };
      boundary.rows.push(index);
      boundaries.set(key, boundary);
    }
  });
  return [...boundaries.values()].sort((a, b) => a.epoch - b.epoch);
}

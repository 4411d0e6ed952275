import { improvementDefinitions } from '@overparam/mtl-heads';
import { alignColumns } from './align';
import type { EpochChoice, FigureSpec, Obtained } from './record';
import type { Spread, TaskRowSummary } from './taskSummary';
import { absent, countText, gapText, obtainedText, secondsText, signed, timeNote } from './wording';

/** One column of a comparison of several tasks. */
export interface TaskColumn {
  readonly heading: string;
  readonly numeric: boolean;
  cell(row: TaskRowSummary): string;
}

/** Headings of published tables for figures of this repository's own tasks. */
const headings: Readonly<Record<string, string>> = {
  mIoU: 'mIoU %',
  pixelAccuracy: 'pix acc %',
  absoluteError: 'abs err m',
  relativeError: 'rel err',
  meanAngle: 'mean °',
  medianAngle: 'median °',
  'within11.25': '<11.25° %',
  'within22.5': '<22.5° %',
  within30: '<30° %',
  top1Error: 'top-1 error %',
};

/** What a figure is called at the head of a column, with the direction in which it gets better. */
export function headingOf({ name, unit, direction }: FigureSpec): string {
  const heading = headings[name] ?? (unit === '' ? name : `${name} ${unit}`);
  return `${heading} ${direction === 'higher' ? '↑' : '↓'}`;
}

/** Digits that a figure is shown with: errors in metres and ratios are small. */
export function digitsOf({ unit }: FigureSpec): number {
  return unit === '%' || unit === 'deg' ? 2 : 4;
}

/** `8.87 ± 0.21`, or `8.87` with one seed. */
export function spreadText(spread: Spread | undefined, digits: number): string {
  if (spread?.mean === null || spread === undefined) return absent;
  const { mean, sd } = spread;
  return sd === null ? mean.toFixed(digits) : `${mean.toFixed(digits)} ± ${sd.toFixed(digits)}`;
}

/** `1.23 G`, `45.6 M` multiply-adds. */
export function multiplyAddsText(value: number | null): string {
  if (value === null) return absent;
  return value >= 1e9 ? `${(value / 1e9).toFixed(2)} G` : `${(value / 1e6).toFixed(1)} M`;
}

function improvementColumn(name: string): TaskColumn {
  const definition = improvementDefinitions[name]!;
  return {
    heading: `${name} % ${definition.direction === 'higher' ? '↑' : '↓'}`,
    numeric: true,
    cell(row) {
      if (row.kind === 'reference') return '0';
      const spread = row.improvements[name];
      if (spread?.mean === null || spread === undefined) return absent;
      return spread.sd === null ? signed(spread.mean) : `${signed(spread.mean)} ± ${spread.sd.toFixed(2)}`;
    },
  };
}

/** Columns of a comparison: the row's name, its figures in the order of published tables, and what it costs. */
export interface TaskColumns {
  readonly name: TaskColumn;
  readonly figures: readonly TaskColumn[];
  readonly costs: readonly TaskColumn[];
}

/** The columns that a comparison has something to show in. */
export function taskColumns(rows: readonly TaskRowSummary[], obtained: Obtained): TaskColumns {
  const references = rows.some(({ kind }) => kind === 'reference');
  const severalNetworks = rows.some(({ deployNetworks }) => (deployNetworks ?? 1) > 1);
  const number = (heading: string, cell: TaskColumn['cell']): TaskColumn => ({
    heading,
    numeric: true,
    cell,
  });
  const figures = obtained.metrics.map((metric) =>
    number(headingOf(metric), (row) => spreadText(row.figures[metric.figure], digitsOf(metric))),
  );
  return {
    name: { heading: 'row', numeric: false, cell: (row) => row.label },
    figures: [...figures, ...(references ? [improvementColumn(obtained.improvement)] : [])],
    costs: [
      number('trained', (row) => countText(row.trainParameters)),
      number('deployed', (row) => countText(row.deployParameters)),
      number('multiply-adds', (row) => multiplyAddsText(row.deployMultiplyAdds)),
      ...(severalNetworks ? [number('networks', (row) => countText(row.deployNetworks))] : []),
      number('time/epoch', (row) => secondsText(row.secondsPerEpoch)),
      number('collapse gap', (row) => gapText(row.collapseGap)),
    ],
  };
}

const choiceNames: Readonly<Record<EpochChoice, string>> = {
  last: 'the last epoch',
  meanOfLast: 'the mean over the last ten epochs',
  best: 'the epoch that is best on the held-out split val',
};

/** Which epoch's figures the table shows. */
export function choiceText({ evaluation }: Obtained): string {
  const others = (Object.keys(choiceNames) as EpochChoice[]).filter((choice) => choice !== evaluation);
  return `Figures are those of ${choiceNames[evaluation]}, on the test split; ${others.map((choice) => choiceNames[choice]).join(' and ')} are in compare.json.`;
}

/** What the column of relative improvement means; empty without references. */
export function improvementText(rows: readonly TaskRowSummary[], { improvement }: Obtained): string {
  if (rows.every(({ kind }) => kind !== 'reference')) return '';
  const { formula, usedBy, direction } = improvementDefinitions[improvement]!;
  return `${improvement}, in percent: ${formula}, against the single-task networks; ${direction} is better (${usedBy}).`;
}

/** What the rows' costs are the sums of. */
export function networksText(rows: readonly TaskRowSummary[]): string {
  const several = rows.filter(({ deployNetworks }) => (deployNetworks ?? 1) > 1);
  if (several.length === 0) return 'Every row deploys one network for all tasks.';
  const names = several.map(({ label, deployNetworks }) => `${label} (${deployNetworks})`).join(', ');
  return `Rows that deploy a network for each task: ${names}; parameters and multiply-adds are of all of them, so compare figures with costs in mind. Every other row deploys one network.`;
}

/** How little or much the seeds allow to say. */
export function seedsText({ seeds }: Obtained): string {
  return seeds.length === 1
    ? 'One seed: there is no spread to judge by, and another seed may turn any order here around. No row is shown to be better or worse than another.'
    : `Means and standard deviations over ${seeds.length} seeds; paired differences to the baseline with 95 % intervals are on the page and in compare.json.`;
}

/** The whole printed result. */
export function renderTaskTable(rows: readonly TaskRowSummary[], obtained: Obtained): string {
  const { name, figures, costs } = taskColumns(rows, obtained);
  const columns = [name, ...figures, ...costs];
  const table = alignColumns(
    columns.map(({ heading }) => heading),
    rows.map((row) => columns.map((column) => column.cell(row))),
    columns.map(({ numeric }) => numeric),
  );
  const failures = rows.flatMap((row) =>
    row.failures.map((failure) => `Failed: ${row.label}, seed ${failure.seed}: ${failure.message}`),
  );
  const notes = [
    choiceText(obtained),
    improvementText(rows, obtained),
    networksText(rows),
    seedsText(obtained),
    obtainedText(obtained),
    timeNote(obtained),
    ...failures,
  ];
  return [table, '', ...notes.filter((line) => line !== '')].join('\n');
}

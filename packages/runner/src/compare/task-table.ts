import { improvementDefinitions } from '@overparam/mtl-heads';
import { alignColumns } from './align';
import type { EpochChoice, FigureSpec, Obtained } from './record';
import type { Spread, TaskRowSummary } from './task-summary';
import { absent, countText, gapText, obtainedText, secondsText, signed, timeNote } from './wording';

/** One column of a comparison of several tasks. */
export interface TaskColumn {
  readonly heading: string;
  readonly numeric: boolean;
  cell(row: TaskRowSummary): string;
}

/** What a figure is called in tables and charts, with its unit. */
export function titleOf({ name, unit, title = name }: FigureSpec): string {
  return unit === '' ? title : `${title} ${unit}`;
}

/** {@link titleOf} with the direction in which the figure gets better. */
export function headingOf(figure: FigureSpec): string {
  return `${titleOf(figure)} ${figure.direction === 'higher' ? '↑' : '↓'}`;
}

/** Headings of columns, one for each figure; those that would be the same name their task. */
export function headingsOf(metrics: readonly FigureSpec[]): string[] {
  const plain = metrics.map(headingOf);
  return plain.map((heading, index) =>
    plain.filter((other) => other === heading).length > 1 ? `${metrics[index]!.task}: ${heading}` : heading,
  );
}

/** Digits that a figure is shown with. */
export function digitsOf({ digits = 4 }: FigureSpec): number {
  return digits;
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

/** Whether a row has a run that finished, and so figures. */
function isMeasured({ figures }: TaskRowSummary): boolean {
  return Object.values(figures).some((spread) => spread.mean !== null);
}

function improvementColumn(name: string): TaskColumn {
  const definition = improvementDefinitions[name]!;
  return {
    heading: `${name} % ${definition.direction === 'higher' ? '↑' : '↓'}`,
    numeric: true,
    cell(row) {
      if (row.kind === 'reference') return isMeasured(row) ? '0' : absent;
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
  const names = headingsOf(obtained.metrics);
  const figures = obtained.metrics.map((metric, index) =>
    number(names[index]!, (row) => spreadText(row.figures[metric.figure], digitsOf(metric))),
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

/** ` 10`, or ` 2 and 8` where rows trained for different times; empty where no run finished. */
function epochsOfMean(rows: readonly TaskRowSummary[]): string {
  const counts = [...new Set(rows.flatMap((row) => row.epochsOfMean ?? []))].sort((a, b) => a - b);
  return counts.map((count, index) => `${index > 0 ? ' and' : ''} ${count}`).join('');
}

/**
 * Whose figures a way to choose the epoch gives. Only the network of the last epoch is collapsed and measured again;
 * the others are as they were when the epoch ended.
 */
export function choiceName(choice: EpochChoice, rows: readonly TaskRowSummary[]): string {
  if (choice === 'last') return 'the last epoch, after collapse';
  if (choice === 'best') return 'the epoch that is best on the held-out split val, as trained';
  const count = epochsOfMean(rows);
  return count === ' 1' ? 'the last epoch, as trained' : `the mean over the last${count} epochs, as trained`;
}

/** Which epoch's figures the table shows, and which others there are. */
export function choiceText(rows: readonly TaskRowSummary[], { evaluation }: Obtained): string {
  const others = (['last', 'meanOfLast', 'best'] as const).filter(
    (choice) => choice !== evaluation && rows.some(({ choices }) => choices[choice] !== null),
  );
  const shown = `Figures are those of ${choiceName(evaluation, rows)}, on the test split.`;
  if (others.length === 0) return shown;
  return `${shown} Also in compare.json: ${others.map((choice) => choiceName(choice, rows)).join('; ')}.`;
}

/** What the column of relative improvement means; empty without references. */
export function improvementText(rows: readonly TaskRowSummary[], { improvement }: Obtained): string {
  const references = rows.filter(({ kind }) => kind === 'reference');
  if (references.length === 0) return '';
  const improved = rows.some(({ improvements }) => typeof improvements[improvement]?.mean === 'number');
  if (!improved && !references.some(isMeasured))
    return `No relative improvement (${improvement}): the single-task networks did not all finish.`;
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
    choiceText(rows, obtained),
    improvementText(rows, obtained),
    networksText(rows),
    seedsText(obtained),
    obtainedText(obtained),
    timeNote(obtained),
    ...failures,
  ];
  return [table, '', ...notes.filter((line) => line !== '')].join('\n');
}

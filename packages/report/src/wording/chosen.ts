import { type Chosen, type ChosenRow, totalCost } from '../comparison/chosen';
import { figureIn, headlines } from '../comparison/figures';
import type { FigureSpec } from '../comparison/run-records';
import type { ComparisonResult } from '../comparison/summary';
import type { Column, Table } from './columns';
import { figureDigits, headingsOf } from './figures';
import { absent, counted, countText, listed, longTimeText, secondsText } from './numbers';

const strategies: Readonly<Record<string, string>> = {
  grid: 'a grid',
  random: 'settings drawn at random',
  halving: 'successive halving',
};

/** A value as people write it. */
function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `lr 0.1, method.rankScale 2`. */
export function settingText(setting: Readonly<Record<string, unknown>>): string {
  return Object.entries(setting)
    .map(([key, value]) => `${key} ${valueText(value)}`)
    .join(', ');
}

/** The keys that were chosen, of any row. */
export function chosenKeys({ rows }: Chosen): string[] {
  return [...new Set(rows.flatMap(({ tried }) => tried.flatMap(({ setting }) => Object.keys(setting))))];
}

/** Headline figures that a setting of any row has. */
export function judgedBy({ rows }: Chosen, metrics: readonly FigureSpec[]): FigureSpec[] {
  return headlines(metrics).filter((figure) =>
    rows.some(({ tried }) => tried.some(({ figures }) => figures && figureIn(figures, figure) !== undefined)),
  );
}

function timeText(seconds: number): string {
  return seconds < 3600 ? secondsText(seconds) : longTimeText(seconds);
}

/** What was chosen for each row, by which figures, and what that cost; null where nothing was chosen. */
export function chosenTable({ chosen, obtained }: ComparisonResult): Table<ChosenRow> | null {
  if (!chosen) return null;
  const number = (heading: string, cell: Column<ChosenRow>['cell']) => ({ heading, numeric: true, cell });
  const figures = judgedBy(chosen, obtained.metrics);
  const headings = headingsOf(figures);
  return {
    caption: 'What was chosen for each row, by figures on the validation images',
    columns: [
      { heading: 'row', numeric: false, cell: ({ label }) => label },
      ...chosenKeys(chosen).map((key) =>
        number(key, ({ setting }) => (setting && key in setting ? valueText(setting[key]) : absent)),
      ),
      ...figures.map((figure, at) =>
        number(`validation ${headings[at]}`, (row) => {
          const value = row.figures && figureIn(row.figures, figure);
          return value == null ? absent : value.toFixed(figureDigits(figure));
        }),
      ),
      number('runs', ({ cost }) => countText(cost.runs)),
      number('updates', ({ cost }) => countText(cost.updates)),
      number('time', ({ cost }) => timeText(cost.seconds)),
    ],
    rows: chosen.rows,
  };
}

/** `12 runs, 3,000 gradient evaluations and 1.2 hours`. */
function costText({ runs, updates, seconds }: ChosenRow['cost']): string {
  return `${counted(runs, 'run')}, ${counted(updates, 'gradient evaluation')} and ${timeText(seconds)}`;
}

/** What choosing cost, beside what the runs cost that are compared. */
export function costOfChoosing({ chosen, rows }: ComparisonResult): string {
  if (!chosen) return '';
  const total = totalCost(chosen);
  const compared = rows.reduce((sum, { updates, seeds }) => sum + updates * seeds.length, 0);
  const times =
    compared > 0
      ? `, ${(total.updates / compared).toFixed(1)} times the gradient evaluations of the runs that are compared`
      : '';
  return `Choosing cost ${costText(total)}${times}.`;
}

/** How settings were chosen, and that the test split had no part in it; empty where nothing was chosen. */
export function howChosen({ chosen }: ComparisonResult): string {
  if (!chosen) return '';
  const { strategy, seeds, validation } = chosen;
  const share = Number((100 * validation.share).toPrecision(3));
  return `${listed(chosenKeys(chosen))} ${chosenKeys(chosen).length === 1 ? 'was' : 'were'} chosen for each row by ${strategies[strategy] ?? strategy}, on ${share} % of the training images, which the runs that choose do not train on, with ${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}; then each row was trained on all training images with other seeds. The test split was not read while choosing.`;
}

/** Rows of which the same can be said, together. */
function byText(entries: readonly (readonly [text: string, label: string])[]): string[] {
  const groups = new Map<string, string[]>();
  for (const [text, label] of entries) groups.set(text, [...(groups.get(text) ?? []), label]);
  return [...groups].map(([text, labels]) => `${text} (${listed(labels)})`);
}

/** By what grids grew, and which choices lie on an edge all the same; empty where neither. */
export function edgeText({ chosen }: ComparisonResult): string {
  if (!chosen) return '';
  const grown = byText(
    chosen.rows.flatMap(({ label, grown: own }) =>
      own.map(({ key, added }) => [`${key} by ${listed(added.map(valueText))}`, label] as const),
    ),
  );
  const edges = byText(
    chosen.rows.flatMap(({ label, edges: own, setting }) =>
      own.map(
        ({ key, side }) =>
          [
            `${key} ${valueText(setting?.[key])}, the ${side === 'low' ? 'lowest' : 'highest'}`,
            label,
          ] as const,
      ),
    ),
  );
  return [
    grown.length > 0 ? `The grid grew, as the best lay on its edge: ${grown.join('; ')}.` : '',
    edges.length > 0
      ? `Still on the edge of what was tried, so that a better value may lie beyond: ${edges.join('; ')}.`
      : '',
  ]
    .filter((text) => text !== '')
    .join(' ');
}

/** Settings that failed and so count as worst, one line each. */
export function failedSettings({ chosen }: ComparisonResult): string[] {
  return (chosen?.rows ?? []).flatMap(({ label, tried }) =>
    tried.flatMap(({ setting, failure }) =>
      failure === null ? [] : [`${label}, ${settingText(setting)}: ${failure}`],
    ),
  );
}

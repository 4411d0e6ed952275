import {
  type ComparisonResult,
  type Difference,
  figureIn,
  figureTitle,
  headlines,
  type RowSummary,
} from '@overparam/report';
import type { StudyRecord } from './records';

type Figure = ReturnType<typeof headlines>[number];

/** How a row stands against the tuned baseline over all headline figures. */
export type Verdict = 'beats' | 'loses' | 'mixed' | 'undecided' | 'unknown';

/** A row's differences in the headline figures. */
function differencesOf(row: RowSummary, figures: readonly Figure[]): Difference[] {
  return figures.flatMap((figure) => figureIn(row.differences, figure) ?? []);
}

/**
 * What the table says of a row: it beats the baseline where it is better in a headline figure and worse in none, loses where it is
 * the other way round; `mixed` where it is both; `unknown` without three common seeds.
 */
export function verdictOf(row: RowSummary, figures: readonly Figure[]): Verdict {
  const standings = differencesOf(row, figures).map(({ standing }) => standing);
  if (
    standings.length === 0 ||
    standings.some((one) => ['unknown', 'lower', 'higher', 'equal'].includes(one))
  )
    return 'unknown';
  if (row.seeds.length < 3) return 'unknown';
  const [better, worse] = [standings.includes('better'), standings.includes('worse')];
  if (better && worse) return 'mixed';
  return better ? 'beats' : worse ? 'loses' : 'undecided';
}

function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

function rowsWith(result: ComparisonResult, verdict: Verdict): string[] {
  const figures = headlines(result.obtained.metrics);
  return result.rows
    .filter(({ kind }) => kind === 'row')
    .filter((row) => verdictOf(row, figures) === verdict)
    .map(({ label }) => label);
}

/** One part's answer, from its table alone. */
export function answerOf({ result, underway }: StudyRecord): string {
  const name = result.obtained.title;
  if (underway !== null)
    return `${name}: not whole yet, ${underway.runsDone} of ${underway.runs} runs are done, and so no answer.`;
  if (!result.rows.some(({ kind }) => kind === 'baseline'))
    return `${name}: there is no baseline, and so no answer.`;
  const [beating, mixed, losing, undecided, unknown] = (
    ['beats', 'mixed', 'loses', 'undecided', 'unknown'] as const
  ).map((verdict) => rowsWith(result, verdict));
  const parts = [
    beating!.length > 0
      ? `${listed(beating!)} ${beating!.length === 1 ? 'beats' : 'beat'} the plain network at its best rate`
      : 'nothing is shown to beat the plain network at its best rate',
    ...(mixed!.length > 0
      ? [`${listed(mixed!)} ${mixed!.length === 1 ? 'is' : 'are'} better in some figures and worse in others`]
      : []),
    ...(losing!.length > 0 ? [`${listed(losing!)} ${losing!.length === 1 ? 'is' : 'are'} behind it`] : []),
    ...(undecided!.length > 0 ? [`of ${listed(undecided!)} these seeds decide nothing`] : []),
    ...(unknown!.length > 0 ? [`for ${listed(unknown!)} there are too few seeds to say`] : []),
  ];
  return `${name}: ${parts.join('; ')}.`;
}

/** The first paragraph: what all parts say together. */
export function firstParagraph(records: readonly StudyRecord[]): string {
  const whole = records.filter(({ underway }) => underway === null);
  if (whole.length === 0)
    return [
      'No part of this study has been run whole yet, so it says nothing.',
      ...records.map(answerOf),
    ].join(' ');
  const winners = whole.flatMap(({ result }) => rowsWith(result, 'beats'));
  const head =
    winners.length === 0
      ? 'Nothing here is shown to beat a plain network whose learning rate was chosen with the same care.'
      : `${listed([...new Set(winners)])} ${new Set(winners).size === 1 ? 'beats' : 'beat'} a plain network whose learning rate was chosen with the same care, in at least one part.`;
  return [head, ...records.map(answerOf)].join(' ');
}

/** `12.3 hours`, or minutes. */
export function timeText(seconds: number): string {
  return seconds < 5400 ? `${(seconds / 60).toFixed(1)} minutes` : `${(seconds / 3600).toFixed(1)} hours`;
}

/** Which rates were tried on all rows, in ascending order. */
function triedRates({ chosen }: ComparisonResult): string {
  const rates = new Set(
    (chosen?.rows ?? []).flatMap(({ tried }) => tried.map(({ setting }) => JSON.stringify(setting.lr))),
  );
  return [...rates].sort((a, b) => Number(a) - Number(b)).join(', ');
}

/** How long the runs that chose were trained. */
function choosingEpochs({ chosen }: ComparisonResult): string {
  const epochs = new Set((chosen?.rows ?? []).flatMap(({ tried }) => tried.map((one) => one.epochs)));
  const text = [...epochs].sort((a, b) => a - b).join(' to ');
  return `${text} ${text === '1' ? 'epoch' : 'epochs'}`;
}

/** How a part was run: seeds, rates, epochs, hours and machine. */
export function howRun({ result, variant, set, seconds, underway }: StudyRecord): string {
  const { obtained, chosen, rows } = result;
  const epochs = [...new Set(rows.map((row) => row.epochs))].sort((a, b) => a - b);
  const images = [...new Set(rows.map((row) => row.trainImages))];
  const rates = triedRates(result);
  return [
    variant === null ? '' : `This is the variant "${variant}", not the whole. `,
    set.length === 0 ? '' : `With ${listed(set)} in place of the config's own. `,
    `${epochs.join(' to ')} epochs of ${images.join(' or ')} images, seeds ${obtained.seeds.join(', ')}; `,
    rates === ''
      ? `rates ${underway === null ? 'were not chosen' : 'are being chosen'}. `
      : `of the rates ${rates} each row's was chosen on ${Number((100 * chosen!.validation.share).toPrecision(3))} % of the training images in ${choosingEpochs(result)} with ${chosen!.seeds.length === 1 ? 'seed' : 'seeds'} ${chosen!.seeds.join(', ')}. `,
    `${underway === null ? 'All runs' : 'The runs so far'} together took ${timeText(seconds)} of clock time one after the other, ${obtained.runsAtOnce > 0 ? `${obtained.runsAtOnce} at a time on ` : 'on '}${obtained.cores} cores (${obtained.engine}). Recipe: ${obtained.recipe}.`,
  ].join('');
}

/**
 * A row's figure with its spread, and its difference to the baseline with the interval.
 *
 * @param seeds  how many the comparison has; of a row with fewer yet nothing is said beside the baseline
 */
export function cells(row: RowSummary, figure: Figure, seeds: number): [string, string] {
  const digits = figure.digits ?? 2;
  const spread = figureIn(row.figures, figure);
  const mean = spread?.mean;
  const shown =
    mean == null
      ? '-'
      : `${mean.toFixed(digits)}${spread!.sd == null ? '' : ` ± ${spread!.sd.toFixed(digits)}`}`;
  const difference = figureIn(row.differences, figure);
  if (difference?.mean == null || row.seeds.length < seeds) return [shown, '-'];
  const { mean: by, interval, standing } = difference;
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;
  const range = interval ? ` [${signed(interval.low)}, ${signed(interval.high)}]` : '';
  return [shown, `${signed(by)}${range}, ${standing}`];
}

export { figureIn, figureTitle, headlines };

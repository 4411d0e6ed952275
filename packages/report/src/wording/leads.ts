import { figureIn, headlines } from '../comparison/figures';
import type { ComparisonResult } from '../comparison/summary';
import type { FigureSpec } from '../records';
import { losersText, rowsOnSide } from './differences';
import { figureText, figureTitle, ofTask } from './figures';
import { listed } from './numbers';

/** Who is ahead of the baseline in a figure: by more than chance, or with one seed. */
function aheadText({ rows, obtained }: ComparisonResult, figure: FigureSpec): string {
  const ahead = rowsOnSide(rows, figure, 'ahead');
  const labels = (sure: boolean) =>
    listed(
      ahead.flatMap(({ label, difference }) => ((difference.standing === 'better') === sure ? [label] : [])),
    );
  const [sure, unsure] = [labels(true), labels(false)];
  const one = obtained.seeds.length === 1;
  const sentences = [
    ...(one
      ? []
      : [sure === '' ? 'no row was better by more than chance' : `better by more than chance: ${sure}`]),
    ...(unsure === '' ? [] : [`ahead with ${one ? 'this' : 'only'} one seed: ${unsure}`]),
    ...(one && unsure === '' ? ['no row was ahead with this one seed'] : []),
  ];
  const text = `${sentences.join('; ')}.`;
  const told = ofTask(figure.task, text, obtained.metrics);
  return told === text ? `${text[0]!.toUpperCase()}${text.slice(1)}` : told;
}

function undecidedText({ rows, obtained: { metrics } }: ComparisonResult): string {
  const parts = headlines(metrics).flatMap((figure) => {
    const names = rowsOnSide(rows, figure, null).flatMap(({ label, difference }) =>
      difference.standing === 'undecided' ? [label] : [],
    );
    return names.length === 0 ? [] : [`${ofTask(figure.task, '', metrics)}${listed(names)}`];
  });
  return parts.length === 0 ? '' : `Undecided: ${parts.join('; ')}.`;
}

/** What came out, in a few sentences that claim no more than the seeds allow. */
export function leads(result: ComparisonResult): string[] {
  const { rows, obtained } = result;
  const baseline = rows.find(({ kind }) => kind === 'baseline');
  if (!baseline || baseline.seeds.length === 0) {
    return ['No baseline finished, so the rows stand for themselves.'];
  }
  const figures = headlines(obtained.metrics).map((figure) => {
    const value = figureText(figure, figureIn(baseline.figures, figure)?.mean ?? null);
    return ofTask(figure.task, `${figureTitle(figure)} ${value}`, obtained.metrics);
  });
  const ahead = headlines(obtained.metrics).map((figure) => aheadText(result, figure));
  const rest = [
    losersText(result),
    undecidedText(result),
    obtained.seeds.length === 1 ? 'One seed decides nothing.' : '',
  ];
  return [
    `${baseline.label}: ${figures.join(', ')}. ${ahead.join(' ')}`,
    rest.filter((sentence) => sentence !== '').join(' '),
  ].filter((sentence) => sentence !== '');
}

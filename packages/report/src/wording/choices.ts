import type { EpochChoice } from '@overparam/training';
import { epochChoices } from '../comparison/choices';
import type { RowSummary } from '../comparison/summary';
import { listed, mostAndOthers } from './numbers';

/** How long means are over: `10`, or `8 and 10` where rows trained for different times; empty where no run finished. */
function epochsOfMean(rows: readonly RowSummary[]): string {
  const counts = [...new Set(rows.flatMap((row) => row.epochsOfMean ?? []))].sort((a, b) => a - b);
  return listed(counts.map(String));
}

/**
 * Whose figures a way to choose the epoch gives. Only the network of the last epoch is collapsed and measured again;
 * the others are as they were when the epoch ended.
 */
export function choiceName(choice: EpochChoice, rows: readonly RowSummary[]): string {
  if (choice === 'last') return 'the last epoch, after collapse';
  if (choice === 'best') return 'the epoch that is best on the held-out split val, as trained';
  const count = epochsOfMean(rows);
  if (count === '1') return 'the last epoch, as trained';
  return `the mean over the last${count === '' ? '' : ` ${count}`} epochs, as trained`;
}

/** The ways by which rows choose the epoch that they show: one, unless rows have their own. */
export function shownChoices(rows: readonly RowSummary[]): EpochChoice[] {
  const chosen = epochChoices.filter((choice) => rows.some(({ evaluation }) => evaluation === choice));
  return chosen.length === 0 ? ['last'] : chosen;
}

/** `Test figures of the last epoch, after collapse`. */
export function figuresCaption(rows: readonly RowSummary[]): string {
  const chosen = shownChoices(rows);
  return chosen.length === 1
    ? `Test figures of ${choiceName(chosen[0]!, rows)}`
    : 'Test figures, of an epoch that each row chose';
}

/** Short names of ways to choose, for a column where rows have their own. */
export const choiceWords: Readonly<Record<EpochChoice, string>> = {
  last: 'last epoch, collapsed',
  meanOfLast: 'mean of last epochs',
  best: 'best epoch on val',
};

/** Which epoch's figures tables show, and which others there are. */
export function choiceText(rows: readonly RowSummary[]): string {
  const chosen = shownChoices(rows);
  const others = epochChoices.filter(
    (choice) => !chosen.includes(choice) && rows.some(({ choices }) => choices[choice] !== null),
  );
  const own = mostAndOthers(
    chosen.map((choice) => rows.filter(({ evaluation }) => evaluation === choice)),
    (group) => `Figures are those of ${choiceName(group[0]?.evaluation ?? 'last', group)}, on the test split`,
    (group) =>
      `of ${listed(group.map(({ label }) => label))} those of ${choiceName(group[0]!.evaluation, group)}`,
  );
  const shown = `${own}.`;
  if (others.length === 0) return shown;
  return `${shown} Also in compare.json: ${others.map((choice) => choiceName(choice, rows)).join('; ')}.`;
}

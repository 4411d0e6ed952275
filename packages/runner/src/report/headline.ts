import type { Obtained } from '../compare/record';
import type { RowSummary } from '../compare/summary';
import { losersText } from '../compare/wording';

function names(rows: readonly RowSummary[]): string {
  const labels = rows.map((row) => row.label);
  return labels.length < 2 ? labels.join('') : `${labels.slice(0, -1).join(', ')} and ${labels.at(-1)}`;
}

function withStanding(rows: readonly RowSummary[], standing: RowSummary['standing']): RowSummary[] {
  return rows.filter((row) => row.standing === standing);
}

/** What came out, in a few sentences that claim no more than the seeds allow. */
export function headline(rows: readonly RowSummary[], obtained: Obtained): string[] {
  const baseline = rows.find((row) => row.standing === 'baseline');
  const error = baseline?.top1Error.mean ?? null;
  if (!baseline || error === null) return ['No baseline finished, so the rows stand for themselves.'];
  const first = `${baseline.label}: ${error.toFixed(1)} % top-1 error.`;
  if (obtained.seeds.length === 1) {
    const lower = withStanding(rows, 'lower');
    const ahead =
      lower.length > 0
        ? `Lower with this one seed: ${names(lower)}.`
        : 'No row was lower with this one seed.';
    return [`${first} ${ahead}`, `${losersText(rows)} One seed decides nothing.`.trim()];
  }
  const better = withStanding(rows, 'better');
  const undecided = withStanding(rows, 'undecided');
  return [
    `${first} ${better.length > 0 ? `Better by more than chance: ${names(better)}.` : 'No row was better by more than chance.'}`,
    [losersText(rows), undecided.length > 0 ? `Undecided: ${names(undecided)}.` : '']
      .filter(Boolean)
      .join(' '),
  ].filter((sentence) => sentence !== '');
}

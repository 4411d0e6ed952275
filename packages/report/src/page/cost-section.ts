import type { RowSummary } from '../comparison/summary';
import { bandOf } from '../drawing/bars';
import { costDrawing, type DrawnCost } from '../drawing/costs';
import { escapeMarkup } from '../drawing/escape';
import { countText } from '../wording/numbers';
import { stylesOf } from './headline-section';
import { drawInBothForms } from './two-forms';

/** `4.67 to 1`, or `as before` where collapse changes nothing. */
function ratioText(before: number, after: number): string {
  return before === after ? 'as before' : `${(before / after).toFixed(2)} to 1`;
}

/** What rows are while they train and what is left of them; empty where no run finished. */
export function costSection(rows: readonly RowSummary[]): string {
  const styles = stylesOf(rows);
  const measured = rows.flatMap(({ label, trainParameters, deployParameters }, index) => {
    if (trainParameters === null || deployParameters === null) return [];
    const text = ratioText(trainParameters, deployParameters);
    const cost: DrawnCost = { label, before: trainParameters, after: deployParameters, text };
    return [{ cost, style: styles[index]! }];
  });
  if (measured.length === 0) return '';
  const costs = measured.map(({ cost }) => cost);
  const told = costs.map(
    ({ label, before, after }) => `${label} ${countText(before)} in training, ${countText(after)} deployed`,
  );
  const figure = drawInBothForms(
    (form, size) =>
      costDrawing(
        costs,
        measured.map(({ style }) => style),
        form,
        size,
      ),
    (form) => 56 + costs.length * bandOf(form),
    { id: 'cost', title: 'Parameters before and after collapse', description: `${told.join('; ')}.` },
  );
  const caption =
    'Pale: parameters in training. Full: parameters of the deployed network. On the right, how many trained parameters stand behind a deployed one.';
  return `<section aria-labelledby="h-cost"><h2 id="h-cost">Cost before and after</h2><figure>${figure}<figcaption>${escapeMarkup(caption)}</figcaption></figure></section>`;
}

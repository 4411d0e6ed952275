import type { RowStyle } from '../drawing/colours';
import { escapeMarkup } from '../drawing/escape';

/** A piece of a row's line. */
export function lineSample({ className, dash }: RowStyle): string {
  return `<svg class="sample" viewBox="0 0 30 8" aria-hidden="true"><path class="curve ${className}" d="M0 4H30" stroke-dasharray="${dash.join(' ')}"/></svg>`;
}

/** Which line is whose. */
export function legend(rows: readonly { readonly label: string }[], styles: readonly RowStyle[]): string {
  const entries = rows.map(
    (row, index) => `<li>${lineSample(styles[index]!)}${escapeMarkup(row.label)}</li>`,
  );
  return `<ul class="legend">${entries.join('')}</ul>`;
}

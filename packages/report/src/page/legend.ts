import type { RowStyle } from './colours';
import { escapeMarkup } from './escape';

/** Which line is whose. */
export function legend(rows: readonly { readonly label: string }[], styles: readonly RowStyle[]): string {
  const entries = rows.map((row, index) => {
    const style = styles[index];
    const dash = style && style.dash.length > 0 ? ` stroke-dasharray="${style.dash.join(' ')}"` : '';
    return `<li><svg viewBox="0 0 30 8" aria-hidden="true"><path d="M0 4H30" fill="none" stroke="${style?.colour.light}" stroke-width="3"${dash}/></svg>${escapeMarkup(row.label)}</li>`;
  });
  return `<ul class="legend">${entries.join('')}</ul>`;
}

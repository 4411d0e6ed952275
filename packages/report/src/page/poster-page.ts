import type { ComparisonResult } from '../comparison/summary';
import { escapeMarkup } from '../drawing/escape';
import { obtainedText } from '../wording/obtained';
import { document } from './document';
import { headlineSection } from './headline-section';

/** One comparison of several that are shown together, and where its own page is. */
export interface PosterPart extends ComparisonResult {
  /** Address of its page, from this one. */
  readonly page: string;
}

/**
 * One page with the figures of several comparisons, and a way to the page of each, where all the rest is.
 *
 * @returns the page's text, to be written as UTF-8
 */
export function renderPosterPage(title: string, parts: readonly PosterPart[]): string {
  const sections: string[] = [];
  for (const [index, part] of parts.entries()) {
    const place = { level: 3, prefix: `part-${index + 1}-` } as const;
    const figure = headlineSection(part, place);
    sections.push(
      `<h2 class="part">${escapeMarkup(part.obtained.title)}</h2><p><a href="${escapeMarkup(part.page)}">Table, curves and how it was obtained</a></p>${figure}<p class="note">${escapeMarkup(obtainedText(part))}</p>`,
    );
  }
  const seeds = Math.max(...parts.map(({ obtained }) => obtained.seeds.length));
  const lead =
    seeds === 1
      ? 'One seed each: what is seen here shows how it works and decides nothing.'
      : 'Means over the seeds; the pages of the parts have intervals.';
  return document({ title, leads: [lead], note: '', sections });
}

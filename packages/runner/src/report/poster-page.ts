import type { ComparisonResult } from '../compare/output';
import { baselineIndex, type RowSummary } from '../compare/summary';
import { comparesTasks, type TaskRowSummary } from '../compare/task-summary';
import { obtainedText } from '../compare/wording';
import { document } from './document';
import { escapeMarkup } from './escape';
import { errorSection } from './page';
import { headlineSection } from './task-page';

/** One comparison of several that are shown together: what its `compare.json` holds, and where its own page is. */
export interface PosterPart extends ComparisonResult {
  /** Address of its page, from this one. */
  readonly page: string;
}

async function figureOf({ rows, obtained }: PosterPart): Promise<string> {
  if (comparesTasks(obtained)) return headlineSection(rows as readonly TaskRowSummary[], obtained);
  return errorSection(rows as readonly RowSummary[], baselineIndex(rows));
}

/**
 * One page with the figure of each of several comparisons, and a way to the page of each, where all the rest is.
 *
 * @returns the page's text, to be written as UTF-8
 */
export async function renderPosterPage(title: string, parts: readonly PosterPart[]): Promise<string> {
  const sections: string[] = [];
  for (const part of parts) {
    const name = escapeMarkup(part.obtained.title);
    const figure = (await figureOf(part)).replaceAll('<h3>', '<h4>').replaceAll('</h3>', '</h4>');
    sections.push(
      `<h2 class="part">${name}</h2><p><a href="${escapeMarkup(part.page)}">Table, curves and how it was obtained</a></p>${figure.replaceAll('<h2 ', '<h3 ').replaceAll('</h2>', '</h3>')}<p class="note">${escapeMarkup(obtainedText(part.obtained))}</p>`,
    );
  }
  const seeds = Math.max(...parts.map(({ obtained }) => obtained.seeds.length));
  const lead =
    seeds === 1
      ? 'One seed each: what is seen here shows how it works and decides nothing.'
      : 'Means over the seeds; the pages of the parts have intervals.';
  return document(title, [lead], '', sections);
}

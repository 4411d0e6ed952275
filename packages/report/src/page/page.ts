import { tasksOf } from '../comparison/figures';
import type { RowRecord } from '../comparison/records';
import { combinedReference } from '../comparison/references';
import type { ComparisonResult } from '../comparison/summary';
import { leads } from '../wording/leads';
import { obtainedText } from '../wording/obtained';
import { collapseSection, obtainedSection } from './about-section';
import { classSection } from './classes';
import { curveSection } from './curve-section';
import { differenceSection } from './difference-section';
import { document } from './document';
import { headlineSection } from './headline-section';
import { panelSection, type RowPictures } from './panels';
import { choiceSection, failureSection, resultSection } from './result-section';
import { sweepSection } from './sweep-section';

/**
 * The report of a comparison as one HTML page: a figure for each task, tables, differences, what was chosen, pictures, curves, classes, and
 * how all of it was obtained. It loads nothing: style, drawings and pictures are inside.
 *
 * @param records   all rows, references among them
 * @param result    what `comparisonResult` made of them
 * @param pictures  what networks see, should say and say; none where no task has pictures
 * @returns the page's text, to be written as UTF-8
 */
export async function renderPage(
  records: readonly RowRecord[],
  result: ComparisonResult,
  pictures: readonly RowPictures[] = [],
): Promise<string> {
  const { obtained } = result;
  const combined = combinedReference(records);
  const compared = records.filter(({ kind }) => kind !== 'reference');
  const sections = [
    failureSection(result),
    await headlineSection(result, { level: 2, prefix: '' }),
    resultSection(result),
    await differenceSection(result),
    await sweepSection(result),
    panelSection(pictures, tasksOf(obtained.metrics)),
    await curveSection(compared, obtained.metrics),
    classSection(combined ? [combined, ...compared] : compared, obtained),
    choiceSection(result),
    collapseSection(compared),
    obtainedSection(result),
  ];
  return document(obtained.title, leads(result), obtainedText(result), sections);
}

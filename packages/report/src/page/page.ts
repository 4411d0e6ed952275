import { tasksOf } from '../comparison/figures';
import type { RowRecord } from '../comparison/records';
import { combinedReference } from '../comparison/references';
import type { ComparisonResult } from '../comparison/summary';
import type { PageData } from '../drawing/page-data';
import { leads } from '../wording/leads';
import { ranText } from '../wording/obtained';
import { collapseSection, obtainedSection } from './about-section';
import { classSection } from './classes';
import { costSection } from './cost-section';
import { curveData, curveSection } from './curve-section';
import { curveStep } from './curves';
import { dataSection } from './data-section';
import { differenceSection } from './difference-section';
import { document } from './document';
import { figureLines } from './figure-lines';
import { fileName } from './file-name';
import { headlineSection } from './headline-section';
import { layerRecordSection, type RowLayerRecords } from './layer-record-section';
import { panelSection, type RowPictures } from './panels';
import { type Reproduction, reproductionSection } from './reproduction-section';
import { choiceSection, failureSection, resultSection } from './result-section';
import { sweepSection } from './sweep-section';

/** What a page shows beside the records. */
export interface PageExtras {
  /** What networks see, should say and say; none where no task has pictures. */
  readonly pictures?: readonly RowPictures[];
  /** What runs recorded of their layers while they trained. */
  readonly layerRecords?: readonly RowLayerRecords[];
  /** What would make the same again. */
  readonly reproduction?: Reproduction | null;
}

/**
 * The report of a comparison as one HTML page: what came out and how it was obtained in a paragraph each, a figure for each
 * task, tables that sort, differences, what was chosen, pictures, curves to explore, costs, classes, layers, what would make
 * it again, and its data to take away. It loads nothing: style, drawings, pictures and its one script are inside, and all
 * but sorting, exploring and saving works without the script.
 *
 * @param records  all rows, references among them
 * @param result   what `comparisonResult` made of them
 * @returns the page's text, to be written as UTF-8
 */
export function renderPage(
  records: readonly RowRecord[],
  result: ComparisonResult,
  { pictures = [], layerRecords = [], reproduction = null }: PageExtras = {},
): string {
  const { obtained, rows, chosen } = result;
  const combined = combinedReference(records);
  const compared = records.filter(({ kind }) => kind !== 'reference');
  const data: PageData = {
    title: obtained.title,
    file: fileName(obtained.title),
    curves: curveData(compared, obtained.metrics),
    figures: figureLines(records, obtained.metrics),
    more: { rows, obtained, ...(chosen && { chosen }), ...(reproduction && { reproduction }) },
  };
  const sections = [
    failureSection(result),
    headlineSection(result, { level: 2, prefix: '' }),
    resultSection(result),
    differenceSection(result),
    sweepSection(result),
    panelSection(pictures, tasksOf(obtained.metrics)),
    curveSection(compared, obtained.metrics),
    costSection(rows),
    classSection(combined ? [combined, ...compared] : compared, obtained),
    choiceSection(result),
    layerRecordSection(layerRecords),
    collapseSection(compared),
    obtainedSection(result),
    reproductionSection(reproduction),
    dataSection(data, curveStep(compared)),
  ];
  return document({ title: obtained.title, leads: leads(result), note: ranText(result), sections, data });
}

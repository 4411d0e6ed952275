import { collectRun } from '../comparison/collect';
import { headlines, tasksOf } from '../comparison/figures';
import type { Obtained, RowRecord } from '../comparison/records';
import type { FigureSpec, RunRecord } from '../comparison/run-records';
import { summarise } from '../comparison/summary';
import { escapeMarkup } from '../drawing/escape';
import type { PageData } from '../drawing/page-data';
import { figureText, figureTitle } from '../wording/figures';
import { classSection } from './classes';
import { costSection } from './cost-section';
import { curveData, curveSection } from './curve-section';
import { dataSection } from './data-section';
import { document } from './document';
import { figureLines } from './figure-lines';
import { fileName } from './file-name';
import { layerRecordSection, type RowLayerRecords } from './layer-record-section';
import { type LayerSizes, layerSection } from './layer-section';
import { panelSection, type RowPictures } from './panels';
import { type Reproduction, reproductionSection } from './reproduction-section';
import { progressSection, type RunState, runFigureSection } from './run-sections';

/** A run to be shown: what it left so far, and how it is obtained. */
export interface RunReport {
  readonly label: string;
  readonly method: string;
  readonly routine: string;
  readonly seed: string;
  /** That it is to train. */
  readonly epochs: number;
  readonly batch: number;
  readonly trainImages: number;
  readonly record: RunRecord;
  readonly metrics: readonly FigureSpec[];
  readonly classNames: Obtained['classNames'];
  /** What was run, in a paragraph. */
  readonly about: string;
  /** How it is obtained, as terms and texts. */
  readonly obtained: readonly (readonly [term: string, text: string])[];
  readonly state: RunState;
  readonly pictures?: RowPictures | null;
  readonly reproduction?: Reproduction | null;
  /** Of the trained and the collapsed network, where they are there. */
  readonly sizes?: LayerSizes | null;
  /** What it recorded of its layers while it trained. */
  readonly layerRecords?: RowLayerRecords['runs'][number];
}

function sourceOf({ label, seed, epochs, record }: RunReport) {
  const { metrics, result } = record;
  const updates = result?.updates ?? 0;
  const stages = (result?.stages ?? []).map(({ stage, from }) => ({
    stage,
    epoch: (from * epochs) / updates,
  }));
  const curve = metrics.map(({ details: _, ...epoch }) => epoch);
  return {
    label,
    kind: 'row' as const,
    runs: [{ seed, curve, stages, details: metrics.at(-1)?.details ?? {} }],
  };
}

/** The run as a row of its own; null while it is not finished. */
function rowOf(report: RunReport): RowRecord | null {
  const { record, label, method, routine, seed, epochs, batch, trainImages } = report;
  if (record.result === null) return null;
  const { updates } = record.result;
  const runs = [collectRun(record, seed)];
  const effort = { epochs, batch, updates, trainImages };
  return { label, method, routine, kind: 'row', evaluation: 'last', ...effort, runs, failures: [] };
}

function obtainedSection({ obtained }: RunReport): string {
  const entries = obtained
    .filter(([, text]) => text !== '')
    .map(([term, text]) => `<dt>${escapeMarkup(term)}</dt><dd>${escapeMarkup(text)}</dd>`);
  return `<section aria-labelledby="h-obtained"><h2 id="h-obtained">How it was obtained</h2><dl>${entries.join('')}</dl></section>`;
}

/** What its page holds for its script. */
export function runPageData(report: RunReport): PageData {
  const { label, method, routine, seed, record, metrics, reproduction, obtained } = report;
  const row = rowOf(report);
  return {
    title: label,
    file: fileName(`${label} seed ${seed}`),
    curves: curveData([sourceOf(report)], metrics),
    figures: row ? figureLines([row], metrics) : [],
    more: {
      run: { label, method, routine, seed },
      obtained: Object.fromEntries(obtained),
      result: record.result,
      timings: record.timings,
      ...(reproduction && { reproduction }),
    },
  };
}

/** The sections of a run's page by the id of the element that holds them, in their order; empty ones among them. */
export function runSections(report: RunReport): Readonly<Record<string, string>> {
  const { metrics, record, pictures, sizes, reproduction } = report;
  const row = rowOf(report);
  const source = sourceOf(report);
  const summary = row ? summarise([row], { metrics, projection: null }) : [];
  const data = runPageData(report);
  return {
    state: progressSection(report.state, report.epochs, record),
    figures: runFigureSection(record, metrics),
    'curves-place': curveSection([source], metrics),
    pictures: pictures ? panelSection([pictures], tasksOf(metrics)) : '',
    cost: costSection(summary),
    classes: classSection([source], report),
    layers: layerSection(record.result?.layers ?? [], sizes ?? null),
    'layer-records': layerRecordSection([{ label: report.label, runs: [report.layerRecords ?? []] }]),
    obtained: obtainedSection(report),
    again: reproductionSection(reproduction ?? null),
    data: dataSection(data),
  };
}

/** What came out, or is known so far, in a sentence. */
function lead({ record, metrics, epochs }: RunReport): string {
  const { result } = record;
  const scores = result?.collapsed ?? record.metrics.at(-1)?.test;
  if (!scores) return 'No epoch is done yet.';
  const several = tasksOf(metrics).length > 1;
  const figures = headlines(metrics).map((figure) => {
    const value = scores.byTask[figure.task]?.figures[figure.name] ?? null;
    return `${several ? `${figure.task} ` : ''}${figureTitle(figure)} ${figureText(figure, value)}`;
  });
  const when = result
    ? 'The collapsed network'
    : `After epoch ${record.metrics.length} of ${epochs}, as trained`;
  return `${when}: ${figures.join(', ')}.`;
}

/**
 * The report of one run as an HTML page, finished or not: figures, curves to explore, pictures, classes, costs, layers, what
 * would make it again, and its data to take away. It loads nothing, unless it is live: then it listens to its own server.
 *
 * @param isLive  whether the server that sends it tells of what goes on, under `events`
 * @returns the page's text, to be written as UTF-8
 */
export function renderRunPage(report: RunReport, { isLive = false } = {}): string {
  const places = Object.entries(runSections(report)).map(([id, markup]) => `<div id="${id}">${markup}</div>`);
  return document({
    title: `${report.label}, seed ${report.seed}`,
    leads: isLive ? [] : [lead(report)],
    note: report.about,
    sections: [...(isLive ? ['<p class="note" id="connection" role="status"></p>'] : []), ...places],
    data: runPageData(report),
    isLive,
  });
}

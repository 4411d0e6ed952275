import { headlines, scoreIn } from '../comparison/figures';
import type { FigureSpec, RunRecord } from '../comparison/run-records';
import { escapeMarkup } from '../drawing/escape';
import type { PageData } from '../drawing/page-data';
import { figureText, headingsOf } from '../wording/figures';
import { absent, counted } from '../wording/numbers';
import { curveData, curveSection } from './curve-section';
import type { CurveSource } from './curves';
import { dataSection } from './data-section';
import { document } from './document';
import { fileName } from './file-name';
import { type HtmlColumn, htmlTable } from './html-table';
import type { RunState } from './run-sections';

/** A run of a comparison that may be at work. */
export interface RunProgress {
  /** Its row's. */
  readonly label: string;
  readonly seed: string;
  readonly state: RunState | 'not begun';
  /** That it is to train. */
  readonly epochs: number;
  readonly record: RunRecord;
}

/** A comparison that may be at work: what its runs left so far. */
export interface ComparisonProgress {
  readonly title: string;
  /** `finished` where its table and page are written, `training` where one of its runs is at work. */
  readonly state: RunState;
  /** By row, then seed. */
  readonly runs: readonly RunProgress[];
  /** The tasks' figures in the order of tables; empty before a run has begun. */
  readonly metrics: readonly FigureSpec[];
  /** Where its page will be, or is. */
  readonly page: string;
}

/** Rows in the order in which they come, each with what its runs logged. */
function sourcesOf({ runs }: ComparisonProgress): CurveSource[] {
  const labels = [...new Set(runs.map(({ label }) => label))];
  return labels.map((label) => ({
    label,
    kind: 'row',
    runs: runs
      .filter((run) => run.label === label)
      .map(({ seed, epochs, record: { metrics, result } }) => ({
        seed,
        curve: metrics.map(({ details: _, ...epoch }) => epoch),
        stages: (result?.stages ?? []).map(({ stage, from }) => ({
          stage,
          epoch: (from * epochs) / result!.updates,
        })),
      })),
  }));
}

/** Epochs that are done and that are to train, of all runs; a finished run may have ended early. */
function epochsOf({ runs }: ComparisonProgress): { readonly done: number; readonly all: number } {
  const all = runs.reduce((sum, { epochs }) => sum + epochs, 0);
  const done = runs.reduce(
    (sum, { state, epochs, record }) => sum + (state === 'finished' ? epochs : record.metrics.length),
    0,
  );
  return { done, all };
}

function stateSection(progress: ComparisonProgress): string {
  const { runs, state, page } = progress;
  if (state === 'finished')
    return `<p class="state">Finished. The table and all else is in ${escapeMarkup(page)}.</p>`;
  if (runs.length === 0) return '<p class="state">No run has begun yet: settings are chosen first.</p>';
  const { done, all } = epochsOf(progress);
  const finished = runs.filter((run) => run.state === 'finished').length;
  const rest =
    finished === runs.length
      ? 'the table is written next, or by --resume'
      : state === 'stopped'
        ? 'no run is at work; what was trained is saved, and --resume goes on from it'
        : `${counted(runs.filter((run) => run.state === 'training').length, 'run')} at work`;
  return `<div class="progress"><span class="state">${finished} of ${counted(runs.length, 'run')} finished</span><progress max="${all}" value="${done}" aria-label="Epochs done"></progress><span class="note">${rest}</span></div>`;
}

/** Every run with its state and its newest figures. */
function runsSection({ runs, metrics }: ComparisonProgress): string {
  if (runs.length === 0) return '';
  const figures = headlines(metrics);
  const headings = headingsOf(figures);
  const columns: HtmlColumn<RunProgress>[] = [
    { heading: 'row', numeric: false, cell: ({ label }) => label },
    { heading: 'seed', numeric: true, cell: ({ seed }) => seed },
    { heading: 'state', numeric: false, cell: ({ state }) => state },
    {
      heading: 'epoch',
      numeric: true,
      cell: ({ record, epochs }) => `${record.metrics.length} of ${epochs}`,
      value: ({ record }) => record.metrics.length,
    },
    ...figures.map(
      (figure, index): HtmlColumn<RunProgress> => ({
        heading: headings[index]!,
        numeric: true,
        cell: ({ record: { metrics: logged, result } }) => {
          const scores = result?.collapsed ?? logged.at(-1)?.test;
          return scores ? figureText(figure, scoreIn(scores, figure)) : absent;
        },
      }),
    ),
  ];
  const table = htmlTable(
    'Test figures so far: of finished runs collapsed, of others as trained',
    columns,
    runs,
  );
  return `<section aria-labelledby="h-runs"><h2 id="h-runs">Runs</h2>${table}</section>`;
}

/** What the page of a comparison at work holds for its script. */
export function progressPageData(progress: ComparisonProgress): PageData {
  const { title, runs, metrics } = progress;
  return {
    title,
    file: fileName(title),
    curves: curveData(sourcesOf(progress), metrics),
    figures: [],
    more: { runs: runs.map(({ record: _, ...run }) => run) },
  };
}

/** The sections of that page by the id of the element that holds them, in their order; empty ones among them. */
export function progressSections(progress: ComparisonProgress): Readonly<Record<string, string>> {
  return {
    state: stateSection(progress),
    runs: runsSection(progress),
    'curves-place': curveSection(sourcesOf(progress), progress.metrics),
    data: dataSection(progressPageData(progress)),
  };
}

/**
 * The page of a comparison that may be at work: its runs with their newest figures, and curves with bands over the seeds that
 * are there. What compares rows is on its page for good, `renderPage`. It listens to its own server, under `events`.
 *
 * @returns the page's text, to be written as UTF-8
 */
export function renderProgressPage(progress: ComparisonProgress): string {
  const places = Object.entries(progressSections(progress)).map(
    ([id, markup]) => `<div id="${id}">${markup}</div>`,
  );
  return document({
    title: progress.title,
    leads: [],
    note: 'Figures of runs that are not finished move; what rows differ in is said when all are.',
    sections: ['<p class="note" id="connection" role="status"></p>', ...places],
    data: progressPageData(progress),
    isLive: true,
  });
}

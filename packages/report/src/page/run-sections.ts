import { scoreIn } from '../comparison/figures';
import type { FigureSpec, RunRecord } from '../comparison/run-records';
import { mean } from '../comparison/statistics';
import { escapeMarkup } from '../drawing/escape';
import { figureText, headingsOf } from '../wording/figures';
import { absent, longTimeText, secondsText } from '../wording/numbers';
import { type HtmlColumn, htmlTable } from './html-table';

/** Whether a run trains, has stopped before its end, or is finished. */
export type RunState = 'training' | 'stopped' | 'finished';

const words: Readonly<Record<RunState, string>> = {
  training: 'Training',
  stopped: 'Stopped',
  finished: 'Finished',
};

function duration(seconds: number): string {
  return seconds < 3600 ? secondsText(seconds) : longTimeText(seconds);
}

/** How far a run is, and how long the rest takes at the pace of its epochs so far. */
export function progressSection(state: RunState, epochs: number, { metrics, timings }: RunRecord): string {
  if (state === 'finished') return '<p class="state">Finished.</p>';
  const done = metrics.length;
  const each = timings.map(({ trainSeconds, testSeconds }) => trainSeconds + testSeconds);
  const left = each.length > 0 ? duration(mean(each) * (epochs - done)) : null;
  const rest =
    state === 'stopped'
      ? 'what was trained is saved, and --resume goes on from it'
      : done >= epochs
        ? 'collapsing and measuring'
        : left === null
          ? 'the first epoch tells how long it takes'
          : `about ${left} left`;
  return `<div class="progress"><span class="state">${words[state]}: epoch ${done} of ${epochs}</span><progress max="${epochs}" value="${done}" aria-label="Epochs done"></progress><span class="note">${escapeMarkup(rest)}</span></div>`;
}

/** A figure at several points of a run. */
interface FigureLine {
  readonly figure: FigureSpec;
  readonly heading: string;
}

/** The best epoch by a figure on the test split, which is not how any figure may be chosen; null where there is none. */
function bestEpoch({ metrics }: RunRecord, figure: FigureSpec): { epoch: number; value: number } | null {
  const found = metrics.flatMap(({ epoch, test }) => {
    const value = scoreIn(test, figure);
    return value === null ? [] : [{ epoch, value }];
  });
  const better = figure.direction === 'higher' ? 1 : -1;
  return found.reduce<{ epoch: number; value: number } | null>(
    (best, one) => (best === null || better * (one.value - best.value) > 0 ? one : best),
    null,
  );
}

/** Test figures of a run: as trained, collapsed, and at its best epoch so far; empty before the first epoch. */
export function runFigureSection(record: RunRecord, metrics: readonly FigureSpec[]): string {
  const last = record.metrics.at(-1);
  if (!last) return '';
  const { result } = record;
  const headings = headingsOf(metrics);
  const lines = metrics.map((figure, index): FigureLine => ({ figure, heading: headings[index]! }));
  const columns: HtmlColumn<FigureLine>[] = [
    { heading: 'figure', numeric: false, cell: ({ heading }) => heading },
    {
      heading: result ? 'as trained' : `after epoch ${last.epoch}`,
      numeric: true,
      cell: ({ figure }) => figureText(figure, scoreIn(result?.final ?? last.test, figure)),
    },
    ...(result
      ? [
          {
            heading: 'collapsed',
            numeric: true,
            cell: ({ figure }: FigureLine) => figureText(figure, scoreIn(result.collapsed, figure)),
          },
        ]
      : []),
    {
      heading: 'best epoch',
      numeric: true,
      cell: ({ figure }) => {
        const best = bestEpoch(record, figure);
        return best ? `${figureText(figure, best.value)} (epoch ${best.epoch})` : absent;
      },
    },
  ];
  const table = htmlTable('Test figures', columns, lines);
  const note =
    'The best epoch is seen with the test split in hand, so it is no figure to report; it shows whether training went past it.';
  return `<section aria-labelledby="h-figures"><h2 id="h-figures">Figures</h2>${table}<p class="note">${note}</p></section>`;
}

import type { CurveData } from '../src/drawing/curve-data';
import type { PageData } from '../src/drawing/page-data';

/** A field as RFC 4180 has it; text that a spreadsheet would take for a formula gets an apostrophe before it. */
function field(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(String(value)) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function csv(lines: readonly Readonly<Record<string, unknown>>[]): string {
  const names = [...new Set(lines.flatMap((line) => Object.keys(line)))];
  const rows = lines.map((line) => names.map((name) => field(line[name])).join(','));
  return `${[names.map(field).join(','), ...rows].join('\r\n')}\r\n`;
}

/** A line for each epoch of each run. */
function curveLines({ rows }: CurveData): Readonly<Record<string, unknown>>[] {
  return rows.flatMap(({ label, runs }) =>
    runs.flatMap(({ seed, epoch, columns }) =>
      epoch.map((at, index) => ({
        row: label,
        seed,
        epoch: at,
        ...Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[index]])),
      })),
    ),
  );
}

function save(name: string, type: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Everything, as a program reads it. */
function json({ title, curves, figures, more }: PageData): string {
  return JSON.stringify({ title, ...more, runs: figures, curves: curves?.rows ?? [] });
}

/** Shows the page's buttons for its data, which do nothing without a script. */
export function offerDownloads(data: () => PageData): void {
  const makers: Record<string, () => void> = {
    figures: () => save(`${data().file}-figures.csv`, 'text/csv', csv(data().figures)),
    curves: () => {
      const { curves, file } = data();
      if (curves) save(`${file}-curves.csv`, 'text/csv', csv(curveLines(curves)));
    },
    json: () => save(`${data().file}.json`, 'application/json', json(data())),
  };
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-save]:not([data-ready])')) {
    button.dataset.ready = '';
    button.hidden = false;
    button.addEventListener('click', () => makers[button.dataset.save ?? '']?.());
  }
}

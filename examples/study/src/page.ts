import type { StudyRecord } from './records';
import { answerOf, cells, figureIn, figureTitle, firstParagraph, headlines, howRun } from './sentences';

/** A table of Markdown with columns of one width, its first row the headings. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (cellsOf: readonly string[]) =>
    `| ${cellsOf.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  const [headings, ...body] = rows;
  return [line(headings!), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

/** A part's table: each row with the rate that was chosen for it, its figures, and its differences to the baseline. */
function table({ result, underway }: StudyRecord): string {
  const figures = headlines(result.obtained.metrics);
  const headings = [
    'row',
    'rate',
    ...figures.flatMap((figure) => [figureTitle(figure), 'against plain [95 %]']),
  ];
  const none = underway === null ? 'failed' : 'not yet';
  const body = result.rows.map((row) => {
    const setting = result.chosen?.rows.find(({ label }) => label === row.label)?.setting;
    const figuresOf = figures.flatMap((figure) =>
      row.seeds.length === 0 ? [none, '-'] : cells(row, figure, result.obtained.seeds.length),
    );
    return [row.label, setting?.lr === undefined ? '-' : String(setting.lr), ...figuresOf];
  });
  return aligned([headings, ...body]);
}

/** What choosing saw: the figures on held-out training images at each rate, that of the chosen one in bold. */
function choosingTable({ result }: StudyRecord): string[] {
  const { chosen, obtained } = result;
  if (!chosen) return [];
  const figures = headlines(obtained.metrics);
  const rates = [
    ...new Set(chosen.rows.flatMap(({ tried }) => tried.map(({ setting }) => Number(setting.lr)))),
  ];
  rates.sort((a, b) => a - b);
  const headings = ['row', ...rates.map(String)];
  const body = chosen.rows.map(({ label, setting, tried }) => [
    label,
    ...rates.map((rate) => {
      const one = tried.findLast((each) => Number(each.setting.lr) === rate);
      if (one === undefined) return '-';
      if (one.figures === null) return 'failed';
      const text = figures
        .map((figure) => figureIn(one.figures!, figure)?.toFixed(figure.digits ?? 2) ?? '-')
        .join(' / ');
      return rate === Number(setting?.lr) ? `**${text}**` : text;
    }),
  ]);
  const what = figures.map((figure) => `${figureTitle(figure)} ${figure.unit}`.trimEnd()).join(' / ');
  return [
    `What choosing saw, on held-out training images (${what}; the chosen rate's in bold):`,
    aligned([headings, ...body]),
  ];
}

function closedNote(part: ClosedParts[string] | undefined): string[] {
  return part ? [`${part.since} Commit ${part.commit} runs this part as it was.`] : [];
}

/** Parts that cannot be run any more, as what they compared is not there or has changed, by name. */
export type ClosedParts = Readonly<
  Record<
    string,
    {
      /** The last commit that runs the part. */
      readonly commit: string;
      /** What has changed since, in sentences. */
      readonly since: string;
    }
  >
>;

/** The page of a study: all of it from its records, but for what has changed since a part was closed. */
export function studyPage(records: readonly StudyRecord[], closed: ClosedParts = {}): string {
  const sections = records.flatMap((record) => [
    `## ${record.result.obtained.title}`,
    howRun(record),
    // While rates are being chosen no row has anything to show.
    ...(record.result.chosen ? [table(record)] : []),
    answerOf(record),
    ...closedNote(closed[record.part]),
    ...choosingTable(record),
  ]);
  return `${[
    '# The study',
    firstParagraph(records),
    'Every sentence here is made from the tables, by `examples/study`, which also says how to run it again. A row beats the plain network where the interval of a figure leaves out zero on its side and no other figure is worse; the intervals of all rows of a table hold together with 95 %. They speak of other seeds of these very runs, not of longer training, other networks or other data. All rows of a part have the same number of updates, whatever one takes: what a method costs in time is measured in `bench`.',
    ...sections,
  ].join('\n\n')}\n`;
}

import type { StudyRecord } from './records';
import { answerOf, cells, figureTitle, firstParagraph, headlines, howRun } from './sentences';

function line(cellsOf: readonly string[]): string {
  return `| ${cellsOf.join(' | ')} |`;
}

/** A part's table: each row with the rate that was chosen for it, its figures, and its differences to the baseline. */
function table({ result }: StudyRecord): string {
  const figures = headlines(result.obtained.metrics);
  const headings = [
    'row',
    'rate',
    ...figures.flatMap((figure) => [figureTitle(figure), 'against plain [95 %]']),
  ];
  const body = result.rows.map((row) => {
    const setting = result.chosen?.rows.find(({ label }) => label === row.label)?.setting;
    return line([
      row.label,
      setting?.lr === undefined ? '-' : String(setting.lr),
      ...figures.flatMap((figure) => (row.seeds.length === 0 ? ['failed', '-'] : cells(row, figure))),
    ]);
  });
  return [line(headings), line(headings.map(() => '---')), ...body].join('\n');
}

/** The page of a study, all of it from its records. */
export function studyPage(records: readonly StudyRecord[]): string {
  const sections = records.flatMap((record) => [
    `## ${record.result.obtained.title}`,
    howRun(record),
    table(record),
    answerOf(record),
  ]);
  return `${[
    '# The study',
    firstParagraph(records),
    'Every sentence here is made from the tables, by `examples/study`, which also says how to run it again. A row beats the plain network where the interval of a figure leaves out zero on its side and no other figure is worse; the intervals of all rows of a table hold together with 95 %. They speak of other seeds of these very runs, not of longer training, other networks or other data.',
    ...sections,
  ].join('\n\n')}\n`;
}

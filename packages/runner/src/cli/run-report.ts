import { join, resolve } from 'node:path';
import { loadDefaultPlugins } from '@overparam/config';
import { OverparamError } from '@overparam/errors';
import { writeFileAtomic } from '@overparam/files';
import { renderRunPage, renderTable } from '@overparam/report';
import { isRunFolder, ownFileProblem } from '@overparam/run-folder';
import { comparisonPage, isComparisonFolder, readComparison, runReportOf } from '@overparam/saved-runs';
import type { Invocation } from './invocation';

/** Arguments of `overparam report`. */
export interface ReportArguments {
  readonly folder: string;
  readonly out?: string;
}

/** The page of a folder, what `--json` prints, and what a person reads of it. */
async function drawn(folder: string): Promise<{ page: string; value: object; text: string }> {
  if (isRunFolder(folder)) {
    const report = await runReportOf(folder);
    return { page: renderRunPage(report), value: report.record, text: '' };
  }
  if (isComparisonFolder(folder)) {
    const { records, result, places } = await readComparison(folder);
    const page = await comparisonPage(folder, records, result, places);
    return { page, value: result, text: renderTable(result) };
  }
  throw new OverparamError(
    'run-missing',
    `"${folder}" holds neither a run nor a comparison. Give a folder that "overparam train" or "overparam compare" wrote.`,
  );
}

/** Runs `overparam report`. */
export async function runReport({ folder, out }: ReportArguments, { output }: Invocation): Promise<void> {
  await loadDefaultPlugins();
  const { page, value, text } = await drawn(folder);
  const file = out ?? join(folder, 'report.html');
  try {
    await writeFileAtomic(resolve(file), page);
  } catch (error) {
    throw ownFileProblem(error, file);
  }
  const line = `Report: ${file}`;
  output.result({ report: file, ...value }, text === '' ? line : `${text}\n${line}`);
}

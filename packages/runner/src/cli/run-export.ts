import { join } from 'node:path';
import { collapse, statesOf, trunkTasks } from '@overparam/core-reparam';
import { OverparamError } from '@overparam/errors';
import { readNetwork } from '@overparam/export/node';
import { type ExportReport, exportNetwork, formatNamed, networksIn } from '@overparam/formats';
import { columns } from '@overparam/terminal';
import type { Invocation } from './invocation';
import { toleranceOf } from './run-collapse';
import { type CollapsedNetwork, openRun, type RunArguments, readRunNetwork } from './saved-run';

/** Arguments of `overparam export`. */
export interface ExportArguments extends RunArguments {
  readonly to: string;
  readonly out?: string;
  readonly norms?: string;
  readonly batch?: string;
  readonly preprocessing?: boolean;
  readonly names?: 'overparam' | 'torchvision';
  readonly tolerance?: string;
}

function batchOf(text: string | undefined): number | 'free' {
  if (text === undefined) return 'free';
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new OverparamError('invalid-option', `--batch expects a whole number above 0, and got "${text}".`);
}

/** The networks that a run deploys, with norms of one's choice. */
async function networksOf(run: string, norms: 'fold' | 'keep'): Promise<CollapsedNetwork[]> {
  const folders = norms === 'fold' ? await networksIn(join(run, 'collapsed')) : [];
  if (folders.length > 0)
    return Promise.all(
      folders.map(async ({ task, folder }) => ({
        task,
        ...(await readNetwork(folder, { expect: 'collapsed' })),
      })),
    );
  const { model, metadata, sha256 } = await readRunNetwork(run, 'expanded');
  const merged = statesOf(model).some(({ follows }) => follows !== null);
  const tasks = merged || trunkTasks(model).length === 0 ? [null] : trunkTasks(model);
  return tasks.map((task) => {
    const collapsed = collapse(model, { norms, ...(task === null ? {} : { task }) });
    const about = {
      role: 'collapsed',
      source: { role: 'expanded', sha256: sha256! },
      collapseGap: collapsed.report.gap,
    };
    return { task, model: collapsed.model, metadata: { ...metadata, ...about, role: 'collapsed' } };
  });
}

/** Runs `overparam export`. */
export async function runExport(args: ExportArguments, { output }: Invocation): Promise<void> {
  const { to, preprocessing, names } = args;
  const options = { to, preprocessing, names, batch: batchOf(args.batch), ...toleranceOf(args.tolerance) };
  const norms = args.norms === 'auto' ? formatNamed(to).norms : (args.norms as 'fold' | 'keep');
  await openRun(args, output);
  const reports: (ExportReport & { readonly task: string | null })[] = [];
  for (const { task, model, metadata } of await networksOf(args.run, norms)) {
    const folder = join(args.out ?? join(args.run, 'exported', to), ...(task === null ? [] : [task]));
    reports.push({ task, ...(await exportNetwork(folder, model, metadata, options)) });
    model.dispose();
  }
  const rows = reports.flatMap(({ task, readBackBy, gap, tolerance, folder, files }) => [
    ...(task === null ? [] : [[`network of ${task}`, '']]),
    ['compared in', readBackBy],
    ['gap', `${gap.toExponential(1)} (at most ${tolerance.toExponential(0)})`],
    ...files.map(({ name, bytes }) => [
      'written',
      `${join(folder, name)} (${bytes.toLocaleString('en')} bytes)`,
    ]),
  ]);
  output.result(reports.length === 1 ? reports[0]! : { networks: reports }, columns(rows));
}

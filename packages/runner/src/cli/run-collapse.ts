import { join } from 'node:path';
import { collapse, statesOf, trunkTasks } from '@overparam/core-reparam';
import { OverparamError } from '@overparam/errors';
import { writeNetwork } from '@overparam/export/node';
import { makeFolder } from '@overparam/run-folder';
import { columns } from '@overparam/terminal';
import type { Invocation } from './invocation';
import { openRun, readRunNetwork } from './saved-run';

/** Arguments of `overparam collapse`. */
export interface CollapseArguments {
  readonly run: string;
  readonly out?: string;
  readonly norms?: string;
  readonly tolerance?: string;
  readonly 'allow-mismatch'?: boolean;
  readonly engine?: string;
  readonly 'allow-plugins'?: boolean;
}

/** A tolerance given as text. */
export function toleranceOf(text: string | undefined): { readonly tolerance?: number } {
  if (text === undefined) return {};
  const tolerance = Number(text);
  if (tolerance > 0) return { tolerance };
  throw new OverparamError(
    'invalid-option',
    `--tolerance expects a number above 0, such as 1e-4, and got "${text}".`,
  );
}

/** Runs `overparam collapse`. */
export async function runCollapse(args: CollapseArguments, { output }: Invocation): Promise<void> {
  const options = {
    ...toleranceOf(args.tolerance),
    norms: args.norms as 'fold' | 'keep',
    allowMismatch: args['allow-mismatch'] ?? false,
  };
  await openRun(args, output);
  const { model, metadata, sha256 } = await readRunNetwork(args.run, 'expanded');
  try {
    const folder = args.out ?? join(args.run, 'collapsed');
    const merged = statesOf(model).some(({ follows }) => follows !== null);
    const tasks = merged ? [] : trunkTasks(model);
    const done = tasks.length > 0 ? tasks : [null];
    const rows: string[][] = [];
    const results: object[] = [];
    for (const task of done) {
      const collapsed = collapse(model, task === null ? options : { ...options, task });
      const place = task === null ? folder : join(folder, task);
      try {
        const { gap, tolerance, ok } = collapsed.report;
        await makeFolder(place);
        await writeNetwork(place, collapsed.model, {
          ...metadata,
          role: 'collapsed',
          source: { role: 'expanded', sha256: sha256 ?? null },
          collapseGap: gap,
        });
        const parameters = collapsed.model.countParams();
        results.push({
          ...(task !== null && { task }),
          collapseGap: gap,
          tolerance,
          ok,
          deployParameters: parameters,
          folder: place,
        });
        rows.push(
          ...(task === null ? [] : [[`network of ${task}`, '']]),
          [
            'collapse gap',
            `${gap.toExponential(1)} (at most ${tolerance.toExponential(0)})${ok ? '' : ': DIFFERS'}`,
          ],
          ['parameters', parameters.toLocaleString('en')],
          ['written to', place],
        );
      } finally {
        collapsed.model.dispose();
      }
    }
    output.result(results.length === 1 ? results[0]! : { networks: results }, columns(rows));
  } finally {
    model.dispose();
  }
}

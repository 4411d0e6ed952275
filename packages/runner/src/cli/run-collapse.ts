import { join } from 'node:path';
import { collapse } from '@overparam/core-reparam';
import { OverparamError } from '@overparam/engine';
import { writeNetwork } from '@overparam/export/node';
import type { Invocation } from './invocation';
import { columns } from './output';
import { openRun, readRunNetwork } from './saved-run';

/** Arguments of `overparam collapse`. */
export interface CollapseArguments {
  readonly run: string;
  readonly out?: string;
  readonly norms?: string;
  readonly tolerance?: string;
  readonly 'allow-mismatch'?: boolean;
  readonly engine?: string;
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
  await openRun(args.run, args.engine);
  const { model, metadata } = await readRunNetwork(args.run, 'expanded');
  try {
    const collapsed = collapse(model, options);
    const folder = args.out ?? join(args.run, 'collapsed');
    try {
      const { gap, tolerance, ok } = collapsed.report;
      await writeNetwork(folder, collapsed.model, { ...metadata, role: 'collapsed', collapseGap: gap });
      const parameters = collapsed.model.countParams();
      output.result(
        { collapseGap: gap, tolerance, ok, deployParameters: parameters, folder },
        columns([
          [
            'collapse gap',
            `${gap.toExponential(1)} (at most ${tolerance.toExponential(0)})${ok ? '' : ': DIFFERS'}`,
          ],
          ['parameters', parameters.toLocaleString('en')],
          ['written to', folder],
        ]),
      );
    } finally {
      collapsed.model.dispose();
    }
  } finally {
    model.dispose();
  }
}

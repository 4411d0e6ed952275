import { type VerifyReport, verify } from '@overparam/core-reparam';
import { OverparamError } from '@overparam/engine';
import type { Invocation } from './invocation';
import { columns } from './output';
import { toleranceOf } from './run-collapse';
import { openRun, readCollapsed, readRunNetwork } from './saved-run';

/** Arguments of `overparam verify`. */
export interface VerifyArguments {
  readonly run: string;
  readonly tolerance?: string;
  readonly engine?: string;
}

function reportText(report: VerifyReport): string {
  const rows = report.layers.map((layer) => [
    layer.layer,
    layer.method,
    layer.gap.toExponential(1),
    layer.cause ?? '',
  ]);
  const whole = ['whole network', '', report.gap.toExponential(1), report.ok ? 'equal' : 'DIFFERENT'];
  return columns([['layer', 'method', 'gap', ''], ...rows, whole]);
}

/** Runs `overparam verify`; networks that differ are a failure. */
export async function runVerify(args: VerifyArguments, { output }: Invocation): Promise<void> {
  const options = toleranceOf(args.tolerance);
  await openRun(args.run, args.engine);
  const expanded = await readRunNetwork(args.run, 'expanded');
  const collapsed = await readCollapsed(args.run, expanded.model);
  const reports = collapsed.map(({ task, model }) =>
    verify(expanded.model, model, { ...options, ...(task === null ? {} : { task }) }),
  );
  expanded.model.dispose();
  for (const { model } of collapsed) model.dispose();
  // Of several networks, that of the task that agrees least.
  const report = reports.reduce((worst, next) => (next.ok && next.gap <= worst.gap ? worst : next));
  if (report.ok) {
    output.result(report, reportText(report));
    return;
  }
  output.say(reportText(report));
  const worst = report.worst
    ? ` The worst layer is "${report.worst.layer}", gap ${report.worst.gap.toExponential(1)}.`
    : '';
  throw new OverparamError(
    'verify-failed',
    `The collapsed network of "${args.run}" is not the trained one: gap ${report.gap.toExponential(1)}, expected at most ${report.tolerance.toExponential(0)}.${worst} Collapse it again: overparam collapse ${args.run}.`,
  );
}

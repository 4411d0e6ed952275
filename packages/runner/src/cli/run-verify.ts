import { type VerifyReport, verify } from '@overparam/core-reparam';
import { OverparamError } from '@overparam/errors';
import { columns } from '@overparam/terminal';
import { reportFailure } from './failure';
import type { Invocation } from './invocation';
import { toleranceOf } from './run-collapse';
import { openRun, readCollapsed, readRunNetwork } from './saved-run';

/** Arguments of `overparam verify`. */
export interface VerifyArguments {
  readonly run: string;
  readonly tolerance?: string;
  readonly engine?: string;
  readonly 'allow-plugins'?: boolean;
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

/** A collapsed network's report, and the task whose network it is, where there is one for each. */
interface Verified {
  readonly task: string | null;
  readonly report: VerifyReport;
}

function networkText({ task, report }: Verified): string {
  return task === null ? reportText(report) : `network of ${task}\n${reportText(report)}`;
}

/** Of several networks, the report of the one that agrees least: any that fails is worse than all that do not. */
function worstOf(networks: readonly Verified[]): VerifyReport {
  const failing = networks.filter(({ report }) => !report.ok);
  const candidates = failing.length > 0 ? failing : networks;
  return candidates
    .map(({ report }) => report)
    .reduce((worst, next) => (next.gap > worst.gap ? next : worst));
}

/**
 * Runs `overparam verify`; networks that differ are a failure, and the report on them is printed all the same.
 *
 * @returns the exit code
 */
export async function runVerify(args: VerifyArguments, { output }: Invocation): Promise<number> {
  const options = toleranceOf(args.tolerance);
  await openRun(args, output);
  const expanded = await readRunNetwork(args.run, 'expanded');
  const collapsed = await readCollapsed(args.run, expanded.model);
  const networks = collapsed.map(({ task, model }) => ({
    task,
    report: verify(expanded.model, model, { ...options, ...(task === null ? {} : { task }) }),
  }));
  expanded.model.dispose();
  for (const { model } of collapsed) model.dispose();
  const report = worstOf(networks);
  const text = networks.map(networkText).join('\n\n');
  const byTask = networks.map(({ task, report: { gap, ok } }) => ({ task, gap, ok }));
  const result = networks.length === 1 ? report : { ...report, networks: byTask };
  if (report.ok) {
    output.result(result, text);
    return 0;
  }
  output.say(text);
  const worst = report.worst
    ? ` The worst layer is "${report.worst.layer}", gap ${report.worst.gap.toExponential(1)}.`
    : '';
  const error = new OverparamError(
    'verify-failed',
    `The collapsed network of "${args.run}" is not the trained one: gap ${report.gap.toExponential(1)}, expected at most ${report.tolerance.toExponential(0)}.${worst} Collapse it again: overparam collapse ${args.run}.`,
  );
  return reportFailure(error, output, result);
}

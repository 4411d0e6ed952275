import { OverparamError } from '@overparam/errors';
import type { LayersModel } from '@tensorflow/tfjs';
import { checkKeys, checkModel, kinds } from './check-options';
import { buildDeployed, type Norms } from './network/deploy';
import { trunkTasks } from './network/parameters';
import { checkTask } from './trunk-task';
import { compareNetworks, type VerifyOptions, type VerifyReport, verifyKinds } from './verify';

/** How a network is collapsed. */
export interface CollapseOptions extends VerifyOptions {
  /**
   * `fold` (default): norms become part of the layers before them, and the deployed network is layer for
   * layer the same whatever the method was. `keep`: the original's layers and names; where a method had
   * taken a norm over, one is made that only adds.
   */
  readonly norms?: Norms;
  /**
   * In a network with a trunk for each task (see `trunkTasks`): whose trunk, with its output alone. Left out,
   * one network for all is meant, which verification refuses unless the trunks have become one.
   */
  readonly task?: string;
  /** Returns a network that fails verification instead of throwing. */
  readonly allowMismatch?: boolean;
}

/** A collapsed network and the proof that it computes the same. */
export interface Collapsed {
  /** Stock tfjs layers only; the caller disposes it. */
  readonly model: LayersModel;
  readonly report: VerifyReport;
}

/**
 * Gives back plain layers for expanded ones, after checking that the outputs are the same.
 *
 * @param expanded  is left as it was
 * @throws OverparamError `collapse-mismatch`, with the worst layer and the likely cause, unless allowed;
 *   `invalid-options`, `unknown-task`, `probe-mismatch`; `probe-failed` where a network cannot be run on the probes
 * @example
 * const { model, report } = collapse(trained); // report.gap is about 1e-7
 */
export function collapse(expanded: LayersModel, options: CollapseOptions = {}): Collapsed {
  checkModel('collapse', 'the network', expanded);
  checkKeys('collapse', options, {
    ...verifyKinds,
    norms: kinds.oneOf('fold', 'keep'),
    allowMismatch: kinds.flag,
  });
  checkTask(expanded, options.task);
  const model = buildDeployed(expanded, options.norms ?? 'fold', options.task ?? null);
  let kept = false;
  try {
    const report = compareNetworks(expanded, model, options);
    if (!report.ok && !options.allowMismatch) {
      throw new OverparamError('collapse-mismatch', describeMismatch(report, trunkTasks(expanded)));
    }
    kept = true;
    return { model, report };
  } finally {
    if (!kept) model.dispose();
  }
}

/** One sentence on why a network may not be handed out. */
function describeMismatch({ gap, tolerance, worst }: VerifyReport, trunks: readonly string[]): string {
  const layer =
    worst && worst.gap > tolerance
      ? `The worst layer is "${worst.layer}" (${worst.method}, gap ${worst.gap.toExponential(1)}): ${worst.cause}.`
      : trunks.length > 0
        ? `It has a trunk for each task, and they differ: collapse each by itself with task: ${trunks.map((name) => `"${name}"`).join(', ')}.`
        : 'Every expanded layer agrees by itself, so the cause lies outside of them: a custom layer, or the folding of a norm.';
  return (
    `The collapsed network is not the trained one: gap ${gap.toExponential(1)}, expected at most ` +
    `${tolerance.toExponential(1)}. ${layer} To get it all the same, pass allowMismatch: true.`
  );
}

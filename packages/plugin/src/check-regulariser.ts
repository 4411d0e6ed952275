import { OverparamError } from '@overparam/errors';
import type { Regulariser, RegulariserSetup } from './contracts';

/**
 * Refuses what a regulariser cannot do, when a config is read and not at the first step.
 *
 * @throws OverparamError `unsupported-regulariser` with the regulariser's reason
 */
export function checkRegulariser<Options>(
  regulariser: Regulariser<Options>,
  setup: RegulariserSetup,
  options: Options,
): void {
  const verdict = regulariser.supports(setup, options);
  if (verdict === true) return;
  throw new OverparamError('unsupported-regulariser', `regulariser "${regulariser.name}": ${verdict}.`);
}

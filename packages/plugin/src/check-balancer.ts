import { OverparamError } from '@overparam/errors';
import type { Balancer, BalancerSetup } from './contracts';

/**
 * Refuses what a balancer cannot do, when a config is read and not at the first step.
 *
 * @throws OverparamError `unsupported-balancer` with the balancer's reason
 */
export function checkBalancer<Options>(
  balancer: Balancer<Options>,
  setup: BalancerSetup,
  options: Options,
): void {
  const verdict = balancer.supports(setup, options);
  if (verdict === true) return;
  throw new OverparamError('unsupported-balancer', `balancer "${balancer.name}": ${verdict}.`);
}

import { OverparamError } from '@overparam/errors';
import type { BalancerState, BalancerWeights } from '@overparam/plugin';

/**
 * Checks what a balancer remembers: a number that is not finite would be null in a checkpoint's JSON, and be found
 * there as damage once the run is to go on.
 *
 * @throws OverparamError `balancer-broken`, naming the number
 */
export function checkState(balancer: string, state: BalancerState): BalancerState {
  const walk = (value: unknown, path: string): void => {
    if (Array.isArray(value)) {
      for (const [index, entry] of value.entries()) walk(entry, `${path}[${index}]`);
    } else if (typeof value !== 'number' || !Number.isFinite(value)) {
      throw broken(balancer, `its ${path} is ${String(value)} (expected finite numbers and lists of them)`);
    }
  };
  if (typeof state !== 'object' || state === null)
    throw broken(balancer, `its state is ${String(state)} (expected an object of numbers)`);
  for (const [name, value] of Object.entries(state)) walk(value, `state.${name}`);
  return state;
}

/**
 * Checks that a balancer gives a weight and a head's factor for every task; that they are finite, the update itself
 * sees.
 *
 * @throws OverparamError `balancer-broken`
 */
export function checkWeights(balancer: string, given: BalancerWeights, tasks: number): BalancerWeights {
  for (const part of ['weights', 'heads'] as const) {
    const count = given?.[part]?.length;
    if (count !== tasks) throw broken(balancer, `it gave ${count ?? 'no'} ${part} for ${tasks} tasks`);
  }
  checkState(balancer, given.state);
  return given;
}

function broken(balancer: string, what: string): OverparamError {
  return new OverparamError(
    'balancer-broken',
    `balancer "${balancer}": ${what}. This is a mistake in the balancer.`,
  );
}

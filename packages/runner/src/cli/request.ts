import { type Override, parseOverride, type Request } from '@overparam/config';
import type { Invocation } from './invocation';

/** Options that stand for overrides. */
export interface ConfigArguments {
  readonly engine?: string;
  readonly seed?: string;
  readonly variant?: string;
}

/**
 * What a command line asks of a config: `--set`, then `--engine` and `--seed`, which are short for it.
 *
 * @throws OverparamError `invalid-override`
 */
export function requestOf(invocation: Invocation, given: ConfigArguments): Request {
  const overrides: Override[] = invocation.sets.map(parseOverride);
  if (given.engine !== undefined) overrides.push({ path: ['engine'], value: given.engine });
  if (given.seed !== undefined) {
    const small = /^\d{1,15}$/.test(given.seed);
    overrides.push({ path: ['seed'], value: small ? Number(given.seed) : given.seed });
  }
  return { overrides, variant: given.variant };
}

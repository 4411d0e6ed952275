import type { Parameter } from '@overparam/core-reparam';
import { OverparamError } from '@overparam/errors';
import type { Role } from '@overparam/plugin';

/** Parameters that are chosen by pattern or role, and how they differ from all others. */
export interface ParameterRule {
  /** Names `<layer>/<parameter>`, or patterns of them with `*` and `?`; all where left out. */
  readonly match?: string | readonly string[];
  /** What they are within an expansion; any where left out. */
  readonly role?: Role;
  /** Factor on the learning rate, beside the routine's own; 1 where left out. */
  readonly rate?: number;
  /** Coefficient of the optimiser's weight decay in place of the run's. */
  readonly weightDecay?: number;
}

function patternOf(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}

function fits({ match = '*', role }: ParameterRule, parameter: Pick<Parameter, 'name' | 'role'>): boolean {
  if (role !== undefined && role !== parameter.role) return false;
  return [match].flat().some((pattern) => patternOf(pattern as string).test(parameter.name));
}

/** The first rule that chooses a parameter, or null. */
export function ruleOf(
  rules: readonly ParameterRule[],
  parameter: Pick<Parameter, 'name' | 'role'>,
): ParameterRule | null {
  return rules.find((rule) => fits(rule, parameter)) ?? null;
}

/** The rules' factors on the learning rate by parameter name, those of 1 left out. */
export function ruledRates(
  rules: readonly ParameterRule[],
  parameters: readonly Pick<Parameter, 'name' | 'role'>[],
): Record<string, number> {
  return Object.fromEntries(
    parameters.flatMap((parameter) => {
      const { rate = 1 } = ruleOf(rules, parameter) ?? {};
      return rate === 1 ? [] : [[parameter.name, rate]];
    }),
  );
}

/**
 * Refuses rules that choose nothing: a misspelt pattern should not change nothing in silence.
 *
 * @throws OverparamError `empty-group`
 */
export function checkRules(
  rules: readonly ParameterRule[],
  parameters: readonly Pick<Parameter, 'name' | 'role'>[],
): void {
  for (const [index, rule] of rules.entries()) {
    if (parameters.some((parameter) => ruleOf(rules, parameter) === rule)) continue;
    const shadowed = parameters.some((parameter) => fits(rule, parameter));
    const names = parameters.slice(0, 4).map(({ name }) => `"${name}"`);
    throw new OverparamError(
      'empty-group',
      shadowed
        ? `parameterGroups[${index}] chooses only parameters that an earlier group has. Put it before that one.`
        : `parameterGroups[${index}] (${JSON.stringify(rule)}) chooses none of the ${parameters.length} parameters, which are ${names.join(', ')} and so on. Patterns are of <layer>/<parameter>, such as "stem_*".`,
    );
  }
}

import type { Parameter } from '@overparam/core-reparam';
import type { OptimisedParameter } from '@overparam/engine';
import { matchesGroup, type Phase } from '@overparam/plugin';
import { type ParameterRule, ruledRates, ruleOf } from './parameter-groups';

/** Which parameters decay, and by how much. */
export interface WeightDecay {
  /** Of weights of rank 2 and more, and of the penalties that methods set in place of decay. */
  readonly coefficient: number;
  /** Whether the scales and shifts of norms decay. */
  readonly norms: boolean;
  readonly biases: boolean;
}

/** No decay at all. */
export const noDecay: WeightDecay = { coefficient: 0, norms: false, biases: false };

/** Parameters that a phase moves: those it names, and all of role `plain` and `norm`. */
export function movingParameters<Moved extends Parameter>(
  phase: Phase,
  parameters: readonly Moved[],
): Moved[] {
  return parameters.filter(
    (parameter) =>
      parameter.role === 'plain' ||
      parameter.role === 'norm' ||
      phase.moves.some((selector) => matchesGroup(selector, parameter)),
  );
}

/** Factors on the learning rate by parameter name: the first selector of the phase that matches, times the first rule's. */
export function rateFactors(
  phase: Phase,
  parameters: readonly Parameter[],
  rules: readonly ParameterRule[] = [],
): Record<string, number> {
  const factors = ruledRates(rules, parameters);
  for (const parameter of parameters) {
    const rate = phase.rates.find(({ groups }) => matchesGroup(groups, parameter));
    if (rate && rate.factor !== 1) factors[parameter.name] = rate.factor * (factors[parameter.name] ?? 1);
  }
  return factors;
}

/** The optimiser's coefficient of weight decay for a parameter: one rule for all methods. */
function decayOf(parameter: Parameter, { coefficient, norms, biases }: WeightDecay): number {
  // The expansion's own penalty stands for these, as part of the loss.
  if (parameter.covered) return 0;
  if (parameter.variable.rank >= 2) return coefficient;
  const isNorm =
    parameter.role === 'norm' || parameter.continues === 'gamma' || parameter.continues === 'beta';
  if (isNorm) return norms ? coefficient : 0;
  return biases && parameter.continues === 'bias' ? coefficient : 0;
}

/**
 * Parameters as `createOptimiser` takes them: weights decay, norms and biases where that is asked for, and what a
 * method's own penalty covers does not. A rule's coefficient takes the place of the run's.
 */
export function optimisedParameters(
  parameters: readonly Parameter[],
  weightDecay: WeightDecay,
  rules: readonly ParameterRule[] = [],
): OptimisedParameter[] {
  return parameters.map((parameter) => ({
    name: parameter.name,
    variable: parameter.variable,
    weightDecay: ruleOf(rules, parameter)?.weightDecay ?? decayOf(parameter, weightDecay),
  }));
}

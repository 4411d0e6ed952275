import { OverparamError } from '@overparam/errors';
import type { Expansion, Site } from '@overparam/plugin';
import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import type { Selector } from './select';

/** What layers are ranked by, the largest first. */
export type Score = 'weightNorm' | 'parameters';

/** The names of all scores. */
export const scores: readonly Score[] = ['weightNorm', 'parameters'];

/**
 * The layers that come first by a score: so many, a share of them, or as many as a budget allows. Only layers that the
 * method supports are ranked.
 */
export type Ranking = {
  /**
   * `weightNorm`: the root of the kernel's sum of squares, with the weights that the network has when it is expanded;
   * `parameters`: numbers in the kernel. Of equal layers the first in the network comes first.
   */
  readonly by: Score;
  /** Layers that are ranked; all where left out. */
  readonly among?: Selector;
} & (
  | { readonly top: number }
  /** Above 0, up to 1; at least one layer is chosen. */
  | { readonly fraction: number }
  /** Trained numbers that the expansions may add to the network together; a layer that no longer fits is passed over. */
  | { readonly budget: number }
);

/** The ways to say how many, one of which a ranking has. */
export const amounts = ['top', 'fraction', 'budget'] as const;

/** Whether a selector ranks layers. */
export function isRanking(select: Selector | Ranking | undefined): select is Ranking {
  return typeof select === 'object' && !(select instanceof RegExp) && 'by' in select;
}

/** A layer that a ranking may choose. */
export interface Candidate {
  readonly site: Site;
  /** The layer's kernel; borrowed. */
  readonly kernel: Tensor;
  /** What the method makes of it, where a budget asks. */
  expand(): Expansion;
}

/**
 * Names of the layers that a ranking chooses.
 *
 * @throws OverparamError `invalid-options` where there are fewer than it asks for, `nothing-selected` where none fits
 */
export function ranked(ranking: Ranking, candidates: readonly Candidate[]): Set<string> {
  const scored = candidates.map((candidate) => ({ candidate, score: scoreOf(ranking.by, candidate) }));
  // Sorting is stable, so that equal layers keep the network's order.
  const ordered = scored.sort((a, b) => b.score - a.score).map(({ candidate }) => candidate);
  const names = (list: readonly Candidate[]) => new Set(list.map(({ site }) => site.name));
  if ('fraction' in ranking)
    return names(ordered.slice(0, Math.max(1, Math.round(ranking.fraction * ordered.length))));
  if ('budget' in ranking) return names(within(ranking.budget, ordered));
  if (ranking.top > ordered.length) {
    throw new OverparamError(
      'invalid-options',
      `select asks for the top ${ranking.top} layers by ${ranking.by}, and there are ${ordered.length} to choose from. Ask for fewer, or for a fraction.`,
    );
  }
  return names(ordered.slice(0, ranking.top));
}

function scoreOf(by: Score, { kernel }: Candidate): number {
  if (by === 'parameters') return kernel.size;
  return tf.tidy(() => Math.sqrt(kernel.square().sum().dataSync()[0]!));
}

/** Goes down the ranking and takes what still fits. */
function within(budget: number, ordered: readonly Candidate[]): Candidate[] {
  let left = budget;
  const costs = ordered.map((candidate) => ({ candidate, cost: addedBy(candidate) }));
  const chosen = costs.filter(({ cost }) => {
    if (cost > left) return false;
    left -= cost;
    return true;
  });
  if (chosen.length === 0 && costs.length > 0) {
    const { candidate, cost } = costs.reduce((a, b) => (b.cost < a.cost ? b : a));
    throw new OverparamError(
      'nothing-selected',
      `select has a budget of ${budget} numbers, and the cheapest layer, "${candidate.site.name}", takes ${cost}. Raise the budget.`,
    );
  }
  return chosen.map(({ candidate }) => candidate);
}

/** Trained numbers that an expansion has beyond the layer, its norm where that is taken over included. */
function addedBy({ site, kernel, expand }: Candidate): number {
  const { parameters, takesNorm } = expand();
  const cout = site.kernelShape[3];
  const expanded = parameters.reduce((sum, { shape }) => sum + tf.util.sizeFromShape([...shape]), 0);
  const taken = takesNorm ? 2 * cout : 0;
  return Math.max(0, expanded - kernel.size - (site.bias ? cout : 0) - taken);
}

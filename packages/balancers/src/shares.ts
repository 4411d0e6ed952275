import { replaced } from './define';
import { sumOf } from './solvers/matrix';

/** One share a task, which sum to 1: the state of balancers that move on the simplex. */
export type Shares = { readonly shares: readonly number[] };

/** Even shares. */
export const evenShares = (tasks: readonly string[]): Shares => ({
  shares: tasks.map(() => 1 / tasks.length),
});

/** Shares of the present tasks, which sum to 1. */
export function sharesOf({ shares }: Shares, indices: readonly number[]): number[] {
  const own = indices.map((task) => shares[task]!);
  const sum = sumOf(own);
  return own.map((share) => (sum > 0 ? share / sum : 1 / own.length));
}

/** The present tasks' shares put back: together they take what they had, and the absent ones keep theirs. */
export function putBack(state: Shares, indices: readonly number[], found: readonly number[]): Shares {
  const sum = sumOf(indices.map((task) => state.shares[task]!));
  return {
    shares: replaced(
      state.shares,
      indices,
      found.map((share) => share * sum),
    ),
  };
}

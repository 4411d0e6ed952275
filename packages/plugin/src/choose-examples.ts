import { foldKey, keyFromSeed, permutation } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';

/** Which examples of its published splits a dataset gives: what its options have in common with others'. */
export interface ExampleChoice {
  /** The first so many examples of a split in published order, before any are held out; all by default. */
  readonly limit: { readonly train?: number; readonly test?: number };
  /** Training examples that become the split `val` instead. */
  readonly holdOut: number;
  /** Decides which they are; the run's seed does not, so that runs can be compared. */
  readonly holdOutSeed: number;
}

/** Places of examples in their published splits, ascending; those of `val` are in the training split. */
export interface ChosenExamples {
  readonly train: Uint32Array;
  /** Absent where nothing is held out. */
  readonly val?: Uint32Array;
  readonly test: Uint32Array;
}

/**
 * The splits that a run sees: `train` and `test` cut to `limit`, and `val` where training examples are held out. Each
 * keeps the published order. One choice gives the same examples wherever it is made.
 *
 * @param counts  examples of the published splits
 * @throws OverparamError `invalid-options` when nothing would be left to train on
 */
export function chooseExamples(
  counts: { readonly train: number; readonly test: number },
  { limit, holdOut, holdOutSeed }: ExampleChoice,
): ChosenExamples {
  const train = Math.min(counts.train, limit.train ?? counts.train);
  const test = Math.min(counts.test, limit.test ?? counts.test);
  if (holdOut >= train) {
    throw new OverparamError(
      'invalid-options',
      `holdOut is ${holdOut}, but there are only ${train} training examples; hold out fewer, or raise limit.train.`,
    );
  }
  const order = permutation(foldKey(keyFromSeed(holdOutSeed), 'hold-out'), train);
  return {
    train: order.slice(holdOut).sort(),
    ...(holdOut > 0 && { val: order.slice(0, holdOut).sort() }),
    test: Uint32Array.from({ length: test }, (_, index) => index),
  };
}

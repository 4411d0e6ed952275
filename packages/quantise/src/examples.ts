import { OverparamError } from '@overparam/errors';
import type { OpenDataset } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import type { Examples } from './calibrate';

/** Which examples calibration looks at. */
export interface ExampleOptions {
  readonly split: string;
  /** How many of the split there are to choose from, the first ones. */
  readonly size: number;
  /** How many are taken, evenly spread. */
  readonly count: number;
  /** Examples in one batch. */
  readonly batch: number;
}

/**
 * Examples of a split, not augmented, evenly spread over it: what lies beside each other is often alike.
 *
 * @throws OverparamError `too-few-examples` where there are fewer than are to be taken; `no-examples` where none are
 */
export function spreadExamples(
  dataset: OpenDataset,
  { split, size, count, batch }: ExampleOptions,
): Examples {
  if (count < 1) {
    throw new OverparamError(
      'no-examples',
      `There are no examples to calibrate on in the split "${split}": the grids of activations follow from what passes. Give some training data.`,
    );
  }
  if (count > size) {
    throw new OverparamError(
      'too-few-examples',
      `${count} examples were asked for to calibrate on, and the split "${split}" has ${size} that the run uses. Ask for at most ${size}.`,
    );
  }
  const indices = Array.from({ length: count }, (_, at) => Math.floor((at * size) / count));
  const volume = dataset.inputShape.reduce((product, side) => product * side, 1);
  return async function* read() {
    for (let from = 0; from < count; from += batch) {
      const wanted = indices.slice(from, from + batch);
      const x = new Float32Array(wanted.length * volume);
      for (const [at, index] of wanted.entries())
        dataset.input(await dataset.splits[split]!.example(index), x, at * volume);
      yield tf.tensor(x, [wanted.length, ...dataset.inputShape]);
    }
  };
}

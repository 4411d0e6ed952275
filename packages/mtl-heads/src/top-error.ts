import { OverparamError } from '@overparam/errors';
import type { MetricAccumulator, MetricSpec } from '@overparam/plugin';

/** The share of examples whose class is not among the k likeliest, for each k, in percent. */
export function topErrors(ks: readonly number[]): readonly MetricSpec[] {
  return ks.map((k) => ({
    name: `top${k}Error`,
    direction: 'lower',
    unit: '%',
    title: `top-${k} error`,
    digits: 2,
  }));
}

/**
 * Counts {@link topErrors} over a split.
 *
 * Of classes with equal logits the one of lower index is taken as the likelier. A logit that is NaN never
 * makes an example right. Examples with a negative label are left out.
 *
 * Its `add` throws OverparamError `shape-mismatch` when prediction or label is not `examples` rows, and
 * `invalid-label` for a label of `classes` or more.
 */
export function topErrorAccumulator(task: string, classes: number, ks: readonly number[]): MetricAccumulator {
  const wrong = ks.map(() => 0);
  let valid = 0;
  return {
    add(prediction, label, examples) {
      if (prediction.length !== examples * classes || label.length !== examples) {
        throw new OverparamError(
          'shape-mismatch',
          `[${task}] ${examples} examples of ${classes} classes need ${examples * classes} logits and ${examples} labels; got ${prediction.length} and ${label.length}.`,
        );
      }
      for (let example = 0; example < examples; example++) {
        const own = label[example]!;
        if (own < 0) continue;
        if (own >= classes) {
          throw new OverparamError(
            'invalid-label',
            `[${task}] label ${own} of example ${example} is not one of ${classes} classes (0 to ${classes - 1}, or -1 for missing). Check the dataset.`,
          );
        }
        valid++;
        const rank = rankOf(prediction.subarray(example * classes, (example + 1) * classes), own);
        ks.forEach((k, i) => {
          if (rank >= k) wrong[i]!++;
        });
      }
    },
    result() {
      return Object.fromEntries(ks.map((k, i) => [`top${k}Error`, (100 * wrong[i]!) / valid]));
    },
  };
}

/** How many classes come before class `own`. */
function rankOf(logits: Float32Array, own: number): number {
  const score = logits[own]!;
  let before = 0;
  logits.forEach((other, index) => {
    if (index === own) return;
    // Written so that NaN on either side counts as coming before.
    if (!(other <= score) || (other === score && index < own)) before++;
  });
  return before;
}

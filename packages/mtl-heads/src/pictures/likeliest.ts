/** Index of the largest of `classes` logits from `offset`, the first of equals; `classes` where one is NaN. */
export function likeliest(logits: ArrayLike<number>, offset: number, classes: number): number {
  let best = 0;
  for (let candidate = 0; candidate < classes; candidate++) {
    const logit = logits[offset + candidate]!;
    if (Number.isNaN(logit)) return classes;
    if (logit > logits[offset + best]!) best = candidate;
  }
  return best;
}

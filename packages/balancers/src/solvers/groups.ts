import { sumOf } from './matrix';

/** The squared distance of numbers from their mean. */
function spread(values: readonly number[]): number {
  const mean = sumOf(values) / values.length;
  return sumOf(values.map((value) => (value - mean) ** 2));
}

/**
 * Each number's group mean, in the division into groups whose numbers lie closest to their means: k-means in one
 * dimension, whose groups are neighbours in order, so that the best division is found exactly.
 *
 * Source: H. Wang, M. Song, Ckmeans.1d.dp, The R Journal 3, 2011
 *
 * @param count  how many groups; as many as numbers where there are fewer
 */
export function groupMeans(values: readonly number[], count: number): number[] {
  const order = values.map((_, index) => index).sort((a, b) => values[a]! - values[b]!);
  const sorted = order.map((index) => values[index]!);
  /** By how many of the first numbers: the least spread in so many groups, and where the last of these begins. */
  let best = sorted.map((_, last) => ({ cost: spread(sorted.slice(0, last + 1)), starts: [0] }));
  for (let groups = 2; groups <= Math.min(count, values.length); groups++) {
    const before = best;
    best = sorted.map((_, last) => {
      let found = before[last]!;
      for (let start = 1; start <= last; start++) {
        const left = before[start - 1]!;
        const cost = left.cost + spread(sorted.slice(start, last + 1));
        if (cost < found.cost) found = { cost, starts: [...left.starts, start] };
      }
      return found;
    });
  }
  const { starts } = best.at(-1)!;
  const means = new Array<number>(values.length);
  starts.forEach((start, group) => {
    const members = order.slice(start, starts[group + 1] ?? order.length);
    const mean = sumOf(members.map((index) => values[index]!)) / members.length;
    for (const index of members) means[index] = mean;
  });
  return means;
}

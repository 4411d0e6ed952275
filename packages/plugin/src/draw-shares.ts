import { foldKey, type Key, permutation } from '@overparam/engine';

/**
 * How many members of each group make up a share of all, as evenly as whole numbers allow (largest remainder): each group
 * gives its share rounded down, and those that lost most by that give one more until the sum is reached. A group keeps at
 * least one member.
 *
 * @param sizes  of the groups
 * @param share  more than 0 and less than 1
 * @param total  the sum that is wanted
 * @returns      one count a group; their sum is less than `total` where too many groups have a single member
 */
function sharesOf(sizes: readonly number[], share: number, total: number): number[] {
  const most = (group: number) => (sizes.length === 1 ? sizes[group]! : sizes[group]! - 1);
  const counts = sizes.map((size, group) => Math.min(Math.floor(share * size), most(group)));
  const lost = (group: number) => share * sizes[group]! - Math.floor(share * sizes[group]!);
  const order = sizes.map((_, group) => group).sort((a, b) => lost(b) - lost(a) || a - b);
  let missing = total - counts.reduce((sum, count) => sum + count, 0);
  for (const group of order) {
    if (missing < 1) break;
    if (counts[group]! >= most(group)) continue;
    counts[group] = counts[group]! + 1;
    missing -= 1;
  }
  return counts;
}

/**
 * Draws a share of the members of all groups, from each as evenly as whole numbers allow, so that what is drawn is like the
 * whole. No group gives all that it has, unless it is the only one.
 *
 * @param groups  members of each, such as the examples of each class
 * @param share   more than 0 and less than 1
 * @param key     decides which members are drawn
 * @returns       about `share` times as many members as there are, one at least; fewer where many groups have a single one
 */
export function drawShares(groups: readonly (readonly number[])[], share: number, key: Key): Set<number> {
  const sizes = groups.map((group) => group.length);
  const wanted = Math.max(1, Math.round(share * sizes.reduce((sum, size) => sum + size, 0)));
  const counts = sharesOf(sizes, share, wanted);
  const drawn = groups.flatMap((group, at) => {
    const order = permutation(foldKey(key, at), group.length).subarray(0, counts[at]);
    return Array.from(order, (place) => group[place]!);
  });
  return new Set(drawn);
}

import { foldKey, type Key, permutation } from '@overparam/engine';

/** The other tasks than `own`, in an order drawn from `key`. */
export function othersInOrder(key: Key, own: number, count: number): number[] {
  const others = Array.from({ length: count }, (_, task) => task).filter((task) => task !== own);
  return Array.from(permutation(foldKey(key, own), others.length), (place) => others[place]!);
}

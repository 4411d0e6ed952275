import { bestOf, type Direction } from './judge';
import { combinations, isSame, type Setting } from './setting';
import type { Over, Sweep } from './sweep';
import type { Trial, Tried } from './trial';

type Lists = Readonly<Record<string, readonly unknown[]>>;

const bySize = (a: number, b: number) => a - b;

/** The numbers of a list in their order; null for a list of something else. */
function numbersOf(values: readonly unknown[]): number[] | null {
  return values.every((value) => typeof value === 'number') ? [...(values as number[])].sort(bySize) : null;
}

/** What every key has been tried with, what it grew by included. */
function triedLists(over: Over, tried: readonly Tried[]): Lists {
  return Object.fromEntries(
    Object.entries(over).map(([key, values]) => {
      const own = [...(values as readonly unknown[])];
      for (const { setting } of tried) {
        const value = setting[key];
        if (!own.some((other) => JSON.stringify(other) === JSON.stringify(value))) own.push(value);
      }
      return [key, own];
    }),
  );
}

/** Which end of the numbers that a key was tried with a setting lies on; null where it lies inside. */
export function edgeOf(key: string, setting: Setting, values: readonly unknown[]): 'low' | 'high' | null {
  const numbers = numbersOf(values);
  if (numbers === null) return null;
  if (setting[key] === numbers[0]) return 'low';
  return setting[key] === numbers.at(-1) ? 'high' : null;
}

/**
 * The number that continues some beyond one of their ends, by the step between the last two there; null where none can, as for
 * whole numbers whose step has become less than one.
 *
 * @param values  at least two different numbers
 */
export function nextValue(
  values: readonly number[],
  side: 'low' | 'high',
  scale: 'geometric' | 'arithmetic' | null,
): number | null {
  const sorted = [...values].sort(bySize);
  const [end, inner] = side === 'low' ? [sorted[0]!, sorted[1]!] : [sorted.at(-1)!, sorted.at(-2)!];
  const geometric = sorted[0]! > 0 && scale !== 'arithmetic';
  const next = geometric ? (end * end) / inner : end + (end - inner);
  const whole = values.every(Number.isInteger);
  const value = whole ? Math.round(next) : Number(next.toPrecision(4));
  if (!Number.isFinite(value) || values.includes(value) || (geometric && value <= 0)) return null;
  return value;
}

/** How a key's list grew. */
export interface Growth {
  readonly key: string;
  /** What it gained, in the order of its trials. */
  readonly added: readonly unknown[];
}

/** What the keys of a grid gained; those that gained nothing are left out. */
export function growthOf(over: Over, tried: readonly Tried[]): Growth[] {
  const lists = triedLists(over, tried);
  return Object.entries(over).flatMap(([key, values]) => {
    const added = lists[key]!.slice((values as readonly unknown[]).length);
    return added.length > 0 ? [{ key, added }] : [];
  });
}

/** Keys in which a setting lies on the edge of all that was tried. */
export function edgesOf(over: Over, tried: readonly Tried[], setting: Setting) {
  return Object.entries(triedLists(over, tried)).flatMap(([key, values]) => {
    const side = edgeOf(key, setting, values);
    return side === null ? [] : [{ key, side }];
  });
}

/**
 * What a grid tries next: every combination that it has not tried; then, as long as the best setting lies on an edge and the
 * key may gain a value, the combinations of the grid with that value. Nothing where it is done.
 */
export function nextOfGrid(
  { grow, epochs }: Pick<Sweep, 'grow' | 'epochs'>,
  over: Over,
  tried: readonly Tried[],
  directions: readonly Direction[],
): Trial[] {
  const untried = (lists: Lists): Trial[] =>
    combinations(lists)
      .filter((setting) => !tried.some((other) => isSame(other.setting, setting)))
      .map((setting) => ({ setting, epochs, rung: 0 }));
  const lists = triedLists(over, tried);
  const missing = untried(lists);
  if (missing.length > 0) return missing;
  const best = bestOf(tried, directions, over);
  if (best === null) return [];
  const grown = Object.entries(lists).map(([key, values]): [string, readonly unknown[]] => {
    const side = edgeOf(key, best.setting, values);
    const gained = values.length - (over[key] as readonly unknown[]).length;
    if (side === null || gained >= grow.most) return [key, values];
    const next = nextValue(values as readonly number[], side, grow.scale);
    return [key, next === null ? values : [...values, next]];
  });
  return untried(Object.fromEntries(grown));
}

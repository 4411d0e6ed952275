import type { Spread } from '../comparison/statistics';

const minus = '\u2212';
/** What stands in a cell that has no figure. */
export const absent = '-';

/** `+1.20`, `−0.40`: a difference with its sign. */
export function signed(value: number, digits = 2): string {
  const size = Math.abs(value).toFixed(digits);
  if (Number(size) === 0) return size;
  return `${value < 0 ? minus : '+'}${size}`;
}

/** `8.87 ± 0.21`, or `8.87` with one seed; `8.87 (1 of 3 seeds)` where it was not counted in all. */
export function spreadText({ mean, sd, values }: Spread, digits: number): string {
  if (mean === null) return absent;
  const text = sd === null ? mean.toFixed(digits) : `${mean.toFixed(digits)} ± ${sd.toFixed(digits)}`;
  const missing = values.filter((value) => value === null).length;
  return missing === 0 ? text : `${text} (${values.length - missing} of ${values.length} seeds)`;
}

/** `1,234,567` */
export function countText(value: number | null): string {
  return value === null ? absent : value.toLocaleString('en-US');
}

/** `1 epoch`, `2,500 epochs` */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}

/** `1.23 G`, `45.6 M` multiply-adds. */
export function multiplyAddsText(value: number | null): string {
  if (value === null) return absent;
  return value >= 1e9 ? `${(value / 1e9).toFixed(2)} G` : `${(value / 1e6).toFixed(1)} M`;
}

/** `0.42 s`, `12.3 s`, `4.1 min`. */
export function secondsText(value: number | null): string {
  if (value === null) return absent;
  if (value >= 120) return `${(value / 60).toFixed(1)} min`;
  return `${value.toFixed(value < 10 ? 2 : 1)} s`;
}

/** `3.1 hours`, `12.4 days`. */
export function longTimeText(seconds: number | null): string {
  if (seconds === null) return absent;
  const hours = seconds / 3600;
  return hours < 48 ? `${hours.toFixed(1)} hours` : `${(hours / 24).toFixed(1)} days`;
}

/** `2.1e-6`; `0` for no gap at all. */
export function gapText(value: number | null): string {
  if (value === null) return absent;
  return value === 0 ? '0' : value.toExponential(1);
}

/** `A`, `A and B`, `A, B and C`. */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/**
 * What is true of the largest group, and of the others by name: `A; but B: C; D: E`. Empty for no groups.
 *
 * @param most   what to say of the largest group, the first of several
 * @param other  what to say of another one, its members' names included
 */
export function mostAndOthers<Member>(
  groups: readonly (readonly Member[])[],
  most: (group: readonly Member[]) => string,
  other: (group: readonly Member[]) => string,
): string {
  const [largest] = groups.toSorted((a, b) => b.length - a.length);
  if (!largest) return '';
  const others = groups.filter((group) => group !== largest).map(other);
  return [most(largest), ...(others.length > 0 ? [`but ${others.join('; ')}`] : [])].join('; ');
}

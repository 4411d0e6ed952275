import { compareSettings } from './setting';
import type { Over } from './sweep';
import type { Tried } from './trial';

/** Which way a figure gets better. */
export type Direction = 'lower' | 'higher';

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * How far each setting is from the best, smaller being better; null for those that failed.
 *
 * With one figure that is the figure itself, negated where higher is better. With several, one a task, it is the mean over the
 * tasks of how far the figure falls short of the best that any of these settings reached in it, as a share of that best: the
 * tasks count alike whatever their units.
 *
 * @param figures     of each setting, in the order of `directions`; null for a setting that failed
 * @param directions  of the figures
 */
export function shortfalls(
  figures: readonly (readonly number[] | null)[],
  directions: readonly Direction[],
): (number | null)[] {
  const signed = figures.map((own) =>
    own?.map((value, at) => (directions[at] === 'higher' ? -value : value)),
  );
  if (directions.length === 1) return signed.map((own) => own?.[0] ?? null);
  const best = directions.map((_, at) => Math.min(...signed.flatMap((own) => (own ? [own[at]!] : []))));
  return signed.map((own) =>
    own == null ? null : mean(own.map((value, at) => (value - best[at]!) / (Math.abs(best[at]!) || 1))),
  );
}

/** Trials from the best to the worst: those that failed last, and of equal ones the smaller values first. */
export function ranked(tried: readonly Tried[], directions: readonly Direction[], over: Over): Tried[] {
  const far = shortfalls(
    tried.map(({ figures }) => figures),
    directions,
  );
  return tried
    .map((one, at) => ({ one, far: far[at] ?? Number.POSITIVE_INFINITY }))
    .sort(
      (a, b) => (a.far === b.far ? 0 : a.far - b.far) || compareSettings(a.one.setting, b.one.setting, over),
    )
    .map(({ one }) => one);
}

/** The best of some trials; null where all failed. */
export function bestOf(tried: readonly Tried[], directions: readonly Direction[], over: Over): Tried | null {
  const [best] = ranked(tried, directions, over);
  return best?.figures ? best : null;
}

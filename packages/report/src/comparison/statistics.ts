import type { Figure } from '@overparam/training';

/** Arithmetic mean; NaN for no values. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sample standard deviation (divisor n - 1), or null for fewer than two values. */
export function standardDeviation(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/** A number over the seeds. */
export interface Spread {
  /** Of the values that are not null; null where there are none. */
  readonly mean: number | null;
  /** Sample standard deviation of the same; null for fewer than two. */
  readonly sd: number | null;
  /** In the order of the seeds; null where nothing was counted. */
  readonly values: readonly Figure[];
}

/** Mean and deviation of the values that were counted. */
export function spreadOf(values: readonly Figure[]): Spread {
  const counted = values.filter((value) => value !== null);
  return { mean: counted.length > 0 ? mean(counted) : null, sd: standardDeviation(counted), values };
}

/** P(|T| <= t) of Student's t by its finite series in `angle = atan(t / sqrt(degrees))`. */
function centralProbability(angle: number, degrees: number): number {
  const cosine = Math.cos(angle);
  const sine = Math.sin(angle);
  const odd = degrees % 2 === 1;
  // Terms run over powers of the cosine: 1, 3, 5, ... for odd degrees, 0, 2, 4, ... for even ones.
  let power = odd ? 1 : 0;
  let term = odd ? cosine : 1;
  let sum = 0;
  while (power <= degrees - 2) {
    sum += term;
    term *= ((power + 1) / (power + 2)) * cosine ** 2;
    power += 2;
  }
  return odd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
}

/**
 * The t that a Student variable stays within, in size, with a given probability: 12.706 for 0.95 at one
 * degree of freedom.
 *
 * Exact series for whole degrees of freedom (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4), inverted by bisection.
 *
 * @param probability  two-sided, between 0 and 1
 * @param degrees      degrees of freedom, a whole number of at least 1
 */
export function studentQuantile(probability: number, degrees: number): number {
  if (!Number.isInteger(degrees) || degrees < 1 || !(probability > 0 && probability < 1)) return Number.NaN;
  let low = 0;
  let high = Math.PI / 2;
  for (let step = 0; step < 100; step++) {
    const middle = (low + high) / 2;
    if (centralProbability(middle, degrees) < probability) low = middle;
    else high = middle;
  }
  return Math.tan((low + high) / 2) * Math.sqrt(degrees);
}

/** A mean with the bounds of its confidence interval, in the values' own unit. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Mean of the values with its two-sided Student interval; null for fewer than two values.
 *
 * @param level  how often such an interval holds the true mean, of 1
 */
export function confidenceInterval(values: readonly number[], level = 0.95): Interval | null {
  const deviation = standardDeviation(values);
  if (deviation === null) return null;
  const centre = mean(values);
  const half = (studentQuantile(level, values.length - 1) * deviation) / Math.sqrt(values.length);
  return { mean: centre, low: centre - half, high: centre + half };
}

/**
 * How often a mean as far from zero as that of the values would come about if the true one were zero, by Student's t,
 * two-sided; null for fewer than two values. 0 stands for less than about 1e-16.
 */
export function probabilityOfZero(values: readonly number[]): number | null {
  const deviation = standardDeviation(values);
  if (deviation === null) return null;
  const centre = mean(values);
  if (centre === 0) return 1;
  const degrees = values.length - 1;
  const t = Math.abs(centre) / (deviation / Math.sqrt(values.length));
  return Math.max(0, 1 - centralProbability(Math.atan(t / Math.sqrt(degrees)), degrees));
}

/**
 * The level of each of some intervals that hold all together with a probability (Bonferroni): 0.99 for 5 at 0.95. They do so
 * whatever the intervals have in common, such as the baseline.
 */
export function levelOfEach(together: number, intervals: number): number {
  return 1 - (1 - together) / Math.max(1, intervals);
}

/**
 * Differences `value - baseline` of the seeds that both have, in the order of `values`.
 *
 * @param values    figure by seed
 * @param baseline  the baseline's figure by seed
 */
export function pairedDifferences(
  values: ReadonlyMap<string, number>,
  baseline: ReadonlyMap<string, number>,
): number[] {
  return [...values].flatMap(([seed, value]) => {
    const other = baseline.get(seed);
    return other === undefined ? [] : [value - other];
  });
}

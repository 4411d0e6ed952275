import { describe, expect, test } from 'vitest';
import { differenceOf } from '../../src/comparison/differences';
import {
  confidenceInterval,
  levelOfEach,
  mean,
  pairedDifferences,
  probabilityOfZero,
  spreadOf,
  standardDeviation,
  studentQuantile,
} from '../../src/comparison/statistics';
import paired from '../fixtures/paired.json';

describe('statistics of a comparison', () => {
  test('Student quantiles agree with the tabulated values', () => {
    // Two-sided 95 % and 99 %, from the table in any textbook (NIST handbook, 1.3.6.7.2).
    const table: readonly (readonly [number, number, number])[] = [
      [1, 12.706, 63.657],
      [2, 4.303, 9.925],
      [3, 3.182, 5.841],
      [4, 2.776, 4.604],
      [5, 2.571, 4.032],
      [9, 2.262, 3.25],
      [10, 2.228, 3.169],
      [29, 2.045, 2.756],
      [30, 2.042, 2.75],
      [100, 1.984, 2.626],
    ];
    for (const [degrees, at95, at99] of table) {
      expect(studentQuantile(0.95, degrees)).toBeCloseTo(at95, 3);
      expect(studentQuantile(0.99, degrees)).toBeCloseTo(at99, 3);
    }
  });

  test('Student quantiles have closed forms at one and two degrees of freedom', () => {
    for (const p of [0.1, 0.5, 0.9, 0.95, 0.999]) {
      expect(studentQuantile(p, 1)).toBeCloseTo(Math.tan((Math.PI * p) / 2), 8);
      expect(studentQuantile(p, 2)).toBeCloseTo(p * Math.sqrt(2 / (1 - p * p)), 8);
    }
    expect(studentQuantile(0.95, 0)).toBeNaN();
    expect(studentQuantile(1, 4)).toBeNaN();
  });

  test('mean and standard deviation by hand', () => {
    expect(mean([2, 4, 9])).toBe(5);
    expect(standardDeviation([2, 4, 9])).toBeCloseTo(Math.sqrt(13), 12);
    expect(standardDeviation([7])).toBeNull();
    expect(mean([])).toBeNaN();
  });

  test('the interval of a paired difference by hand, and none for one seed', () => {
    const values = new Map([['0', 30], ['1', 31], ['2', 35], ['9', 99]]); // biome-ignore format: one line reads as a table
    const baseline = new Map([['2', 33], ['0', 29], ['1', 30], ['7', 0]]); // biome-ignore format: one line reads as a table
    const differences = pairedDifferences(values, baseline);
    expect(differences).toEqual([1, 1, 2]);
    const interval = confidenceInterval(differences)!;
    // mean 4/3, sd 1/sqrt(3), standard error 1/3, t(2) = 4.3027
    expect(interval.mean).toBeCloseTo(4 / 3, 12);
    expect(interval.high - interval.mean).toBeCloseTo(4.30265 / 3, 4);
    expect(interval.mean - interval.low).toBeCloseTo(4.30265 / 3, 4);
    expect(confidenceInterval([1])).toBeNull();
    expect(confidenceInterval([])).toBeNull();
  });

  test('intervals and p-values of paired differences agree with SciPy, for one row and for many', () => {
    expect(paired.length).toBeGreaterThan(20);
    for (const { rows, baseline, values, p, low, high } of paired) {
      const bySeed = (figures: readonly number[]) =>
        new Map(figures.map((figure, seed) => [String(seed), figure]));
      const difference = differenceOf(bySeed(values), bySeed(baseline), 'lower', rows);
      const { interval, pValue, standing } = difference;
      const scale = Math.max(1, Math.abs(low), Math.abs(high));
      expect(Math.abs(interval!.low - low) / scale).toBeLessThan(1e-9);
      expect(Math.abs(interval!.high - high) / scale).toBeLessThan(1e-9);
      expect(Math.abs(pValue! - p)).toBeLessThan(1e-9);
      // An interval and a p-value of one comparison say the same.
      expect(low <= 0 && high >= 0).toBe(p >= 0.05);
      const decided = values.length > 2 && p < 0.05;
      expect(standing).toBe(decided ? (difference.mean! < 0 ? 'better' : 'worse') : 'undecided');
    }
  });

  test('two seeds never decide, however close to each other', () => {
    const figures = (a: number, b: number) => new Map([['0', a], ['1', b]]); // biome-ignore format: one line reads as a table
    const difference = differenceOf(figures(40, 41), figures(50, 51), 'lower');
    expect(difference).toEqual({
      mean: -10,
      interval: { low: -10, high: -10 },
      pValue: 0,
      standing: 'undecided',
    });
    expect(probabilityOfZero([0, 0, 0])).toBe(1);
    expect(probabilityOfZero([1])).toBeNull();
    expect(levelOfEach(0.95, 5)).toBeCloseTo(0.99, 12);
    expect(levelOfEach(0.95, 0)).toBe(levelOfEach(0.95, 1));
  });

  test('what was not counted takes no part, and stays visible', () => {
    expect(spreadOf([2, null, 4])).toEqual({ mean: 3, sd: Math.SQRT2, values: [2, null, 4] });
    expect(spreadOf([null, 7])).toEqual({ mean: 7, sd: null, values: [null, 7] });
    expect(spreadOf([null])).toEqual({ mean: null, sd: null, values: [null] });
    expect(spreadOf([])).toEqual({ mean: null, sd: null, values: [] });
  });
});

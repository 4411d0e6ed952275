import { activationGrid, activationLevels, type Range, roundHalfEven } from './grid';

/** How many bins a histogram of activations has. */
export const bins = 2048;

/** Shares of the whole range that are tried. */
const shares: readonly number[] = Array.from({ length: 80 }, (_, index) => (index + 21) / 100);

/** How often values of a range were seen. */
export class Histogram {
  private readonly counts: Float64Array;
  private readonly width: number;

  /** @param range  of all values that will be added, zero within it */
  constructor(
    private readonly range: Range,
    count: number,
  ) {
    this.counts = new Float64Array(count);
    this.width = (range.high - range.low) / count;
  }

  /** Adds values of the range. */
  add(values: Float32Array): void {
    const { counts } = this;
    const { low } = this.range;
    const factor = this.width > 0 ? 1 / this.width : 0;
    const last = counts.length - 1;
    for (const value of values) {
      const bin = Math.floor((value - low) * factor);
      counts[Math.max(0, Math.min(bin, last))]! += 1;
    }
  }

  /** The range without a share of all values at its lower and at its upper end, zero within it. */
  percentile(share: number): Range {
    const sum = this.counts.reduce((total, count) => total + count, 0);
    const { low, high } = this.range;
    let [first, last] = [0, this.counts.length];
    for (let left = share * sum - this.counts[first]!; left >= 0 && first < last - 1; ) {
      first += 1;
      left -= this.counts[first]!;
    }
    for (let left = share * sum - this.counts[last - 1]!; left >= 0 && last > first + 1; ) {
      last -= 1;
      left -= this.counts[last - 1]!;
    }
    const cut = { low: low + first * this.width, high: low + last * this.width };
    return { low: Math.min(0, cut.low), high: Math.max(0, Math.min(high, cut.high)) };
  }

  /** The range, a share of the whole, whose grid has the smallest mean squared error; the two ends are moved alike. */
  leastError(): Range {
    let best = this.range;
    let least = Number.POSITIVE_INFINITY;
    for (const share of shares) {
      const range = { low: share * this.range.low, high: share * this.range.high };
      const error = this.errorOf(range);
      // Of equal ones the wider, which comes later.
      if (error <= least) [best, least] = [range, error];
    }
    return best;
  }

  /** Sum of squared errors on the grid of a range; a bin's values stand at its middle. */
  errorOf(range: Range): number {
    const { scale, zeroPoint } = activationGrid(range);
    const [lowest, highest] = [-zeroPoint, activationLevels - zeroPoint];
    let sum = 0;
    for (let bin = 0; bin < this.counts.length; bin++) {
      const count = this.counts[bin]!;
      if (count === 0) continue;
      const value = this.range.low + (bin + 0.5) * this.width;
      const whole = Math.min(highest, Math.max(lowest, roundHalfEven(value / scale)));
      sum += count * (whole * scale - value) ** 2;
    }
    return sum;
  }
}

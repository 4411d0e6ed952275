/** Bins a degree. */
const resolution = 1000;

/**
 * Collects angles and gives their median, without keeping them.
 *
 * Angles fall into bins of 0.001 degrees, and each bin remembers how many there are and their sum. A middle
 * angle is taken to be its bin's mean: off by less than 0.001 degrees, and exact where it is alone in its
 * bin. A whole test split of NYUv2 has 72 million angles; this takes 3 MB.
 */
export interface AngleMedian {
  /** @param angle  in degrees, 0 to 180; NaN makes the median NaN */
  add(angle: number): void;
  /**
   * NaN where nothing was added.
   *
   * @param middle  which of two middle angles counts: `mean` of both (NumPy), or the `lower` one (PyTorch)
   */
  result(middle: 'mean' | 'lower'): number;
  /** Forgets all angles. */
  clear(): void;
}

/** An {@link AngleMedian} without angles. */
export function angleMedian(): AngleMedian {
  const counts = new Float64Array(180 * resolution + 1);
  const sums = new Float64Array(counts.length);
  let count = 0;
  let undefinedAngles = 0;
  /** The angle of a rank, 0 for the smallest. */
  const ranked = (rank: number): number => {
    let bin = 0;
    for (let passed = counts[0]!; passed <= rank; passed += counts[bin]!) bin++;
    return sums[bin]! / counts[bin]!;
  };
  return {
    add(angle) {
      if (Number.isNaN(angle)) {
        undefinedAngles++;
        return;
      }
      const bin = Math.floor(angle * resolution);
      counts[bin]!++;
      sums[bin]! += angle;
      count++;
    },
    result(middle) {
      if (count === 0 || undefinedAngles > 0) return Number.NaN;
      const lower = ranked(Math.floor((count - 1) / 2));
      return middle === 'lower' ? lower : (lower + ranked(Math.floor(count / 2))) / 2;
    },
    clear() {
      counts.fill(0);
      sums.fill(0);
      count = 0;
      undefinedAngles = 0;
    },
  };
}

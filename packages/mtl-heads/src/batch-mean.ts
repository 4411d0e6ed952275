/**
 * How a figure comes from the pixels of a split.
 *
 * - `split`: over all valid pixels of the split, as LibMTL and Aligned-MTL report.
 * - `batchMean`: the mean over batches of each batch's figure, as MTAN, CAGrad, Nash-MTL and FAMO report depth
 *   and normals; it depends on the batch size (2 there). Batches without a valid pixel are left out.
 */
export type MetricMode = 'split' | 'batchMean';

/** A mean in doubles, in either {@link MetricMode}. */
export interface RunningMean {
  add(value: number): void;
  endBatch(): void;
  /** NaN where nothing was added. */
  result(): number;
}

/** A {@link RunningMean} without values. */
export function runningMean(mode: MetricMode): RunningMean {
  let sum = 0;
  let count = 0;
  let batchSum = 0;
  let batchCount = 0;
  return {
    add(value) {
      batchSum += value;
      batchCount++;
    },
    endBatch() {
      if (mode === 'split') {
        sum += batchSum;
        count += batchCount;
      } else if (batchCount > 0) {
        sum += batchSum / batchCount;
        count++;
      }
      batchSum = 0;
      batchCount = 0;
    },
    result: () => sum / count,
  };
}

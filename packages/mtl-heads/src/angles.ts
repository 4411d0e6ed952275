import type { MetricAccumulator, MetricSpec } from '@overparam/plugin';
import { angleMedian } from './angle-median';
import { type MetricMode, runningMean } from './batch-mean';
import { requireSameLength } from './requirements';

const limits = [11.25, 22.5, 30] as const;

/** Mean and median angle in degrees, and the shares of pixels below three angles in percent. */
export const angleMetrics: readonly MetricSpec[] = [
  { name: 'meanAngle', direction: 'lower', unit: '°', title: 'mean', digits: 2 },
  { name: 'medianAngle', direction: 'lower', unit: '°', title: 'median', digits: 2 },
  ...limits.map(
    (limit): MetricSpec => ({
      name: `within${limit}`,
      direction: 'higher',
      unit: '%',
      title: `<${limit}°`,
      digits: 2,
    }),
  ),
];

/**
 * Measures {@link angleMetrics} between predicted and true normals over a split, in doubles.
 *
 * angle = acos(clamp(p . g / |p|, -1, 1)), with g taken as it is, which has to be of unit length; 90 degrees for a
 * prediction of no length.
 * Pixels whose label is all 0 are left out. The shares count angles strictly below the limit. The median is
 * within 0.001 degrees; in the mode `batchMean` it is the mean of the batches' medians, each the lower of two
 * middle angles, as PyTorch has it.
 */
export function angleAccumulator(task: string, mode: MetricMode): MetricAccumulator {
  const mean = runningMean(mode);
  const shares = limits.map(() => runningMean(mode));
  const median = angleMedian();
  const medians = runningMean('split');
  return {
    add(prediction, label) {
      requireSameLength(task, prediction, label);
      let any = false;
      for (let at = 0; at < label.length; at += 3) {
        if (label[at] === 0 && label[at + 1] === 0 && label[at + 2] === 0) continue;
        any = true;
        const angle = angleBetween(prediction, label, at);
        mean.add(angle);
        median.add(angle);
        for (let index = 0; index < limits.length; index++) {
          shares[index]!.add(angle < limits[index]! ? 100 : 0);
        }
      }
      mean.endBatch();
      for (const share of shares) share.endBatch();
      if (mode === 'batchMean' && any) {
        medians.add(median.result('lower'));
        medians.endBatch();
        median.clear();
      }
    },
    result: () => ({
      meanAngle: mean.result(),
      medianAngle: mode === 'batchMean' ? medians.result() : median.result('mean'),
      ...Object.fromEntries(limits.map((limit, index) => [`within${limit}`, shares[index]!.result()])),
    }),
  };
}

/** In degrees, of the vectors of three numbers from `at`. */
function angleBetween(prediction: ArrayLike<number>, label: ArrayLike<number>, at: number): number {
  const x = prediction[at]!;
  const y = prediction[at + 1]!;
  const z = prediction[at + 2]!;
  const length = Math.sqrt(x * x + y * y + z * z);
  const product = x * label[at]! + y * label[at + 1]! + z * label[at + 2]!;
  const cosine = length > 1e-12 || Number.isNaN(length) ? product / length : 0;
  return (Math.acos(Math.min(1, Math.max(-1, cosine))) * 180) / Math.PI;
}

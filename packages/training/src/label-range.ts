import { OverparamError } from '@overparam/errors';
import type { DatasetTask } from '@overparam/plugin';

/**
 * The first class index that is none: neither one of a task's classes nor -1, which stands for a missing one.
 *
 * @param label  of any number of examples; float32 labels are numbers, of which each is as good as another
 * @returns      where it is; -1 where all are right
 */
export function wrongLabelAt(
  { outputs, label: { dtype } }: Pick<DatasetTask, 'outputs' | 'label'>,
  labels: ArrayLike<number>,
): number {
  if (dtype !== 'int32') return -1;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (label < -1 || label >= outputs) return i;
  }
  return -1;
}

/**
 * The error for a label that is no class of its task.
 *
 * @param where  whose label it is, such as `Example 5 of the split "train"`
 */
export function wrongLabel(
  where: string,
  { name, outputs }: Pick<DatasetTask, 'name' | 'outputs'>,
  label: number,
): OverparamError {
  const hint = label === outputs ? ' They count from 0.' : '';
  return new OverparamError(
    'label-out-of-range',
    `${where}: the label of task "${name}" is ${label}, and its ${outputs} classes are 0 to ${outputs - 1}, with -1 for a missing label.${hint} Mend the labels that the dataset writes.`,
  );
}

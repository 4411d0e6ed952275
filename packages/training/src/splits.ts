import { OverparamError } from '@overparam/errors';
import type { OpenDataset } from '@overparam/plugin';

/** Number of examples of a split that a run uses: all, or the first of them; 0 where there is no such split. */
export function splitSize(
  { splits }: Pick<OpenDataset, 'splits'>,
  split: string,
  limit: number | undefined,
): number {
  const size = splits[split]?.size ?? 0;
  return Math.min(size, limit ?? size);
}

/**
 * Refuses a dataset without a split, or with nothing in it: what is measured on nothing is no number.
 *
 * @throws OverparamError `missing-split`
 */
export function requireSplit({ splits }: Pick<OpenDataset, 'splits'>, split: string): void {
  if ((splits[split]?.size ?? 0) > 0) return;
  const others = Object.entries(splits).map(([name, { size }]) => `"${name}" (${size})`);
  const use = split === 'train' ? 'trained' : 'evaluated';
  throw new OverparamError(
    'missing-split',
    `The dataset has no examples in a split "${split}", on which networks are ${use}; it has ${others.join(', ') || 'none'}. Check its options, or give it that split.`,
  );
}

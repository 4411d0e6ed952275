import { OverparamError } from '@overparam/errors';
import type { EpochRecord } from './records';

/** When a run ends before its last epoch. */
export interface EarlyStopping {
  /** Epochs in a row, 1 or more, without a better loss on the split `val`, after which it ends. */
  readonly patience: number;
  /** By how much a loss must be less to be better; 0 or more. */
  readonly least: number;
}

/**
 * Whether a run is over, by its epochs so far: as PyTorch Lightning counts, in which a loss that is no number is no better one.
 *
 * Source: https://lightning.ai/docs/pytorch/stable/api/lightning.pytorch.callbacks.EarlyStopping.html
 */
export function isOver(
  stopping: EarlyStopping | null,
  history: readonly Pick<EpochRecord, 'val'>[],
): boolean {
  if (stopping === null) return false;
  let best = Number.POSITIVE_INFINITY;
  let waited = 0;
  for (const { val } of history) {
    const loss = val?.loss ?? Number.NaN;
    if (loss < best - stopping.least) {
      best = loss;
      waited = 0;
    } else waited++;
    if (waited >= stopping.patience) return true;
  }
  return false;
}

/**
 * Refuses early stopping without a split to stop by.
 *
 * @throws OverparamError `no-validation-split`
 */
export function checkStopping(stopping: EarlyStopping | null, validationImages: number): void {
  if (stopping === null || validationImages > 0) return;
  throw new OverparamError(
    'no-validation-split',
    'earlyStopping needs a split "val" whose loss it follows, and the dataset as configured has none. Hold some training data out (dataset.holdOut), or choose earlyStopping: null.',
  );
}

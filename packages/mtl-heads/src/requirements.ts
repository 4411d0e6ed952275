import { OverparamError } from '@overparam/errors';
import type { Tensor } from '@tensorflow/tfjs';

/** @throws OverparamError `invalid-options` unless the share is 0 or more and less than 1 */
export function requireSmoothing(task: string, labelSmoothing: number): void {
  if (labelSmoothing >= 0 && labelSmoothing < 1) return;
  throw new OverparamError(
    'invalid-options',
    `[${task}] labelSmoothing must be 0 or more and less than 1; got ${labelSmoothing}. 0.1 is common, 0 turns it off.`,
  );
}

/** @throws OverparamError `shape-mismatch` unless predictions have the wanted shape */
export function requireOutputs(task: string, prediction: Tensor, wanted: readonly number[]): void {
  if (prediction.shape.join() === wanted.join()) return;
  throw new OverparamError(
    'shape-mismatch',
    `[${task}] predictions must be [${wanted}]; got [${prediction.shape}]. Give the head ${wanted.at(-1)} outputs, at the label's size.`,
  );
}

/** @throws OverparamError `shape-mismatch` unless predictions and labels of a batch have as many elements */
export function requireSameLength(
  task: string,
  prediction: ArrayLike<number>,
  label: ArrayLike<number>,
): void {
  if (prediction.length === label.length) return;
  throw new OverparamError(
    'shape-mismatch',
    `[${task}] predictions and labels must have as many numbers; got ${prediction.length} and ${label.length}.`,
  );
}

import type { LayersModel, Tensor } from '@tensorflow/tfjs';

/** How {@link forward} runs a network. */
export interface ForwardOptions {
  /** `train`: norms use the batch's statistics; `infer`: the running ones. */
  readonly mode: 'train' | 'infer';
  /** The task whose output is wanted; all where left out. */
  readonly task?: string | null;
  /** Whether a pass in training changes running statistics; it does where left out. */
  readonly updateStatistics?: boolean;
}

/**
 * Runs a network and says in which mode: nothing is taken from a global switch.
 *
 * @param x  `[n, …]`, or one tensor for each of the network's inputs
 * @returns  one tensor for each of its outputs; the caller disposes
 */
export function forward(model: LayersModel, x: Tensor | Tensor[], options: ForwardOptions): Tensor[] {
  const result = model.apply(x, {
    training: options.mode === 'train',
    task: options.task ?? null,
    updateStatistics: options.updateStatistics ?? true,
  }) as Tensor | Tensor[];
  return Array.isArray(result) ? result : [result];
}

import type { Context } from '@overparam/plugin';

/**
 * Reads the context of a forward pass from the keyword arguments that tfjs hands to every layer.
 *
 * `model.fit` gives only `training`; {@link forward} gives all three.
 */
export function contextOf(kwargs: Readonly<Record<string, unknown>> | undefined): Context {
  const training = kwargs?.training === true;
  return {
    mode: training ? 'train' : 'infer',
    task: typeof kwargs?.task === 'string' ? kwargs.task : null,
    updateStatistics: training && kwargs?.updateStatistics !== false,
    ...(typeof kwargs?.momentum === 'number' && { momentum: kwargs.momentum }),
  };
}

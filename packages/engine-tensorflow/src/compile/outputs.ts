import { OverparamError } from '@overparam/errors';
import type { Step, Tensors } from '../backend/steps';

/**
 * What a step gives for these inputs.
 *
 * @throws OverparamError `step-asynchronous` where that is a promise: what the step does after its first `await` would
 *   be no part of it
 */
export function outputsOf(step: Step, inputs: Tensors): Tensors {
  const outputs = step(inputs);
  const promise = outputs as unknown as PromiseLike<unknown> | undefined;
  if (typeof promise?.then !== 'function') return outputs;
  // What is left of the step runs later, outside: where it fails, this error is the reason.
  promise.then(undefined, () => {});
  throw new OverparamError(
    'step-asynchronous',
    'A compiled step returned a promise; expected tensors by name. A step is written down in one go and cannot wait: ' +
      'make it a plain function, without async, and await before or after it.',
  );
}

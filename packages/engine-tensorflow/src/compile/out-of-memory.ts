import { isOverparamError, OverparamError } from '@overparam/errors';
import type * as tf from '@tensorflow/tfjs';
import type { Tensors } from '../backend/steps';

/** The largest input of a step that is a batch, by its name. */
function batchOf(inputs: Tensors): readonly [name: string, tensor: tf.Tensor] | null {
  const batches = Object.entries(inputs).filter(([, { rank }]) => rank > 0);
  if (batches.length === 0) return null;
  return batches.reduce((largest, next) => (next[1].size > largest[1].size ? next : largest));
}

/**
 * The error of a step, which names the batch to try next where the step ran out of memory. What a step keeps for its
 * backward pass grows with the batch, what its parameters take does not: half the batch needs a little more than half.
 */
export function namingBatch(error: unknown, inputs: Tensors): unknown {
  if (!isOverparamError(error) || error.code !== 'out-of-memory') return error;
  const batch = batchOf(inputs);
  if (batch === null) return error;
  const [name, { shape }] = batch;
  const size = shape[0]!;
  const given = `The step was given a batch of ${size} (input '${name}' has the shape [${shape}])`;
  const next =
    size > 1
      ? `${given}. A batch of ${Math.floor(size / 2)} would probably fit: it needs about half the memory, which is an ` +
        'estimate and was not tried.'
      : `${given}, and there is none smaller. Use smaller images or a smaller network, or free memory.`;
  return new OverparamError('out-of-memory', `${error.message.replace(/\.?$/, '.')} ${next}`, {
    cause: error,
  });
}

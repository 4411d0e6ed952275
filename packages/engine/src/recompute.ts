import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';

/**
 * What of a forward pass is there when a compiled step's backward passes read it. `none`: all of it is kept until then.
 * `blocks`: what is alive between blocks is kept, and the inside of a block is computed a second time when the backward
 * pass comes to it (Chen et al. 2016, https://arxiv.org/abs/1604.06174). Both give the same bits; `blocks` takes less
 * memory and more time.
 *
 * Blocks are found in the step itself, where few values are alive: around residual blocks, between levels of an encoder.
 * An engine that does not compile steps keeps everything in both.
 */
export type Recompute = 'none' | 'blocks';

/** Every value of {@link Recompute}, the default first. */
export const recomputes: readonly Recompute[] = ['none', 'blocks'];

/**
 * Makes sure that a value is one of {@link recomputes}.
 *
 * @throws OverparamError `unknown-recompute`
 */
export function requireRecompute(recompute: Recompute): void {
  if (recomputes.includes(recompute)) return;
  throw new OverparamError(
    'unknown-recompute',
    `recompute: "${recompute}" is not known; expected one of ${recomputes.join(', ')}. Leave it out to keep what backward ` +
      'passes read.',
  );
}

/** The capability that a tfjs backend may offer: being told where passes begin. Looked for on the backend object. */
interface PassingBackend {
  passesAre?(state: 'forward' | 'backward' | 'done'): void;
}

/** Tells the backend how far a step with backward passes is. */
export function passesAre(state: 'forward' | 'backward' | 'done'): void {
  (tf.backend() as unknown as PassingBackend).passesAre?.(state);
}

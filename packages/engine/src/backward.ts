import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import { orderTape, type TapeNode } from './gradients/recorded';
import { trainingKernels } from './kernels/names';
import { passesAre } from './recompute';

/**
 * Gradients of a tensor of the recorded pass.
 *
 * @param y   a tensor that the forward pass gave
 * @param xs  variables, or tensors that the forward pass made
 * @param dy  what the gradient of y is, of its shape; ones where left out
 * @returns   one gradient for each of `xs`, null where y does not depend on it
 */
export type Backward = (y: tf.Tensor, xs: readonly tf.Tensor[], dy?: tf.Tensor) => (tf.Tensor | null)[];

/** Parts of tfjs's engine that its declarations hide. */
interface Recorder {
  readonly state: {
    gradientDepth: number;
    kernelDepth: number;
    activeTape: (TapeNode & { readonly saved?: readonly tf.Tensor[] })[] | null;
  };
  startTape(): void;
  endTape(): void;
  gradients(
    f: () => tf.Tensor,
    xs: readonly tf.Tensor[],
    dy: tf.Tensor,
    allowNone: boolean,
  ): { readonly grads: readonly (tf.Tensor | undefined)[] };
}

/** x, to be had once the others are: passes of a compiled step that ran side by side would each hold its gradients. */
function after(x: tf.Tensor, others: readonly tf.Tensor[]): tf.Tensor {
  const alive = others.filter((tensor) => !tensor.isDisposed);
  if (alive.length === 0 || !tf.getKernel(trainingKernels.runAfter, tf.getBackend())) return x;
  return tf.engine().runKernel(trainingKernels.runAfter, { x, ...alive } as never) as tf.Tensor;
}

/**
 * Runs one forward pass and any number of backward passes from it, where `tf.variableGrads` would run the forward pass
 * again for each. Reads no value, so it can be part of a compiled step.
 *
 * @param forward  what is recorded: tensors, scalars to be differentiated among them
 * @param use      what is done with them and their gradients; not recorded. What it returns is the caller's, all
 *                 else is freed
 * @throws OverparamError `nested-gradients` inside another gradient computation
 */
export function backwardPasses<Outputs extends tf.TensorContainer, Result>(
  forward: () => Outputs,
  use: (outputs: Outputs, backward: Backward) => Result,
): Result {
  const engine = tf.engine() as unknown as Recorder;
  if (engine.state.gradientDepth > 0) {
    throw new OverparamError(
      'nested-gradients',
      'backwardPasses was called inside another gradient computation. Call it outside of tf.grad, tf.variableGrads and itself.',
    );
  }
  // tfjs's declarations do not know null in what a tidy returns; its tidies do.
  const record = tf.tidy as unknown as (work: () => Result) => Result;
  return record(() => {
    engine.startTape();
    try {
      passesAre('forward');
      const outputs = tf.tidy(forward);
      orderTape(engine.state.activeTape!);
      passesAre('backward');
      // As inside a kernel: the backward passes are not differentiated, so nothing of them is to be remembered.
      engine.state.kernelDepth++;
      let before: readonly tf.Tensor[] = [];
      try {
        return use(outputs, (y, xs, given) => {
          const dy = given ?? after(tf.onesLike(y), before);
          const gradients = engine
            .gradients(() => y, [...xs], dy, true)
            .grads.map((gradient) => gradient ?? null);
          if (!given) before = gradients.filter((gradient) => gradient !== null);
          return gradients;
        });
      } finally {
        engine.state.kernelDepth--;
      }
    } finally {
      passesAre('done');
      engine.endTape();
      for (const { saved } of engine.state.activeTape ?? []) tf.dispose([...(saved ?? [])]);
      engine.state.activeTape = null;
    }
  });
}

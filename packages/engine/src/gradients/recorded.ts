import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';

/** The part of tfjs's engine that its declarations hide. */
interface Recorder {
  readonly state: {
    readonly gradientDepth: number;
    readonly kernelDepth: number;
    readonly activeTape: TapeNode[];
  };
  gradients(
    f: () => tf.Tensor,
    xs: readonly tf.Tensor[],
    dy: tf.Tensor,
    allowNone: boolean,
  ): { readonly grads: readonly (tf.Tensor | undefined)[] };
}

/** A remembered op of a recorded pass. */
export interface TapeNode {
  readonly kernelName: string;
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  readonly outputs: readonly tf.Tensor[];
  readonly saved?: readonly tf.Tensor[];
}

let recording = false;
let twice = false;
let recorded = false;

/** Whether gradients that run now are to be differentiated themselves: fused ones then give way to differentiable ones. */
export function isRecording(): boolean {
  return recording;
}

/**
 * Gradients of a scalar within a recorded forward pass, which are recorded themselves: what follows from them can be
 * differentiated again. To be called inside the `forward` of `backwardPasses`. Reads no value.
 *
 * @param y   a scalar that the pass has given so far
 * @param xs  tensors that the pass has made
 * @returns   one gradient for each of `xs`; zeros where y does not depend on it
 * @throws OverparamError `nested-gradients` outside of a recorded pass. What cannot be differentiated twice shows in the
 *   backward pass: see {@link twiceDifferentiable}
 */
export function recordedGradients(y: tf.Scalar, xs: readonly tf.Tensor[]): tf.Tensor[] {
  const engine = tf.engine() as unknown as Recorder;
  if (engine.state.gradientDepth === 0 || engine.state.kernelDepth > 0) {
    throw new OverparamError(
      'nested-gradients',
      'recordedGradients was called outside of a recorded pass. Call it inside the forward of backwardPasses.',
    );
  }
  const before = recording;
  recording = true;
  recorded = true;
  try {
    dropSteps(engine.state.activeTape);
    const { grads } = engine.gradients(() => y, [...xs], tf.onesLike(y), true);
    return xs.map((x, index) => grads[index] ?? tf.zerosLike(x));
  } finally {
    recording = before;
  }
}

/**
 * Ops whose results are steps of their inputs, which tfjs has no gradient for: it is 0 wherever there is one. They are
 * met in the masks of maxima and of lengths.
 */
const steps = new Set(
  (
    'Equal NotEqual Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr LogicalNot ArgMax ArgMin Any All ' +
    'IsNan IsInf IsFinite'
  ).split(' '),
);

/** Takes such ops out of a tape, so that what follows from them counts as given. */
function dropSteps(tape: TapeNode[]): void {
  const others = tape.filter(({ kernelName }) => !steps.has(kernelName));
  if (others.length === tape.length) return;
  // What the tape keeps for its ops is freed with the tape, on which these are not any more.
  for (const { kernelName, saved } of tape) if (steps.has(kernelName)) tf.dispose([...(saved ?? [])]);
  tape.splice(0, tape.length, ...others);
}

/**
 * Puts the ops of a pass in order, where gradients were recorded in it.
 *
 * An op whose gradient needs its own output keeps a copy of it. tfjs remembers the copying before the op itself, so that a
 * backward pass, which goes by the order, would lose what comes back by way of the copy: a gradient's gradient through tanh,
 * exp, sqrt, softmax and the like. Comparisons are taken out.
 */
export function orderTape(tape: TapeNode[]): void {
  if (!recorded) return;
  recorded = false;
  const madeBy = new Map(
    tape.flatMap(({ outputs }, at) => outputs.map((output) => [output.id, at] as const)),
  );
  const waiting = new Map<number, TapeNode[]>();
  const ordered: TapeNode[] = [];
  const put = (node: TapeNode, at: number) => {
    ordered.push(node);
    for (const next of waiting.get(at) ?? []) ordered.push(next);
  };
  tape.forEach((node, at) => {
    const last = Math.max(-1, ...Object.values(node.inputs).map(({ id }) => madeBy.get(id) ?? -1));
    if (last > at) waiting.set(last, [...(waiting.get(last) ?? []), node]);
    else put(node, at);
  });
  tape.splice(0, tape.length, ...ordered);
  dropSteps(tape);
}

/**
 * Whether gradients of what runs now are differentiated again: an op that has its gradient at hand, computed along with its
 * value, has to give way to one whose gradient follows from its inputs.
 */
export function isDifferentiatedTwice(): boolean {
  return twice;
}

/**
 * Runs `work`, whose backward passes differentiate gradients, and names what has no gradient of its gradient.
 *
 * @throws OverparamError `not-twice-differentiable`, naming the op
 */
export function twiceDifferentiable<Result>(work: () => Result): Result {
  const before = twice;
  twice = true;
  try {
    return work();
  } catch (error) {
    const kernel = /gradient function not found for (\w+)/.exec(String(error))?.[1];
    if (kernel === undefined) throw error;
    throw new OverparamError(
      'not-twice-differentiable',
      `The gradient of "${kernel}" cannot be differentiated once more. Layers between the shared layers and the losses must do without it.`,
      { cause: error },
    );
  } finally {
    twice = before;
  }
}

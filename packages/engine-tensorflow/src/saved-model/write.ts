import { OverparamError } from '@overparam/errors';
import { ProtoMessage } from '@overparam/files/protobuf';
import * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from '../backend/backend';
import type { Tensors } from '../backend/steps';
import { type FrozenGraph, freeze, type GraphTensor, type InputSpec } from './freeze';
import { fixedBatch, openBatch, orderedGraph } from './open-batch';

/** An input of a function that is written as a SavedModel. */
export interface SavedInput {
  /** Null for the number of examples, along the first axis, that is left open. */
  readonly shape: readonly (number | null)[];
  /** `float32` where left out. */
  readonly dtype?: 'float32' | 'int32';
}

/** A function as TensorFlow keeps it. */
export interface SavedModel {
  /** The contents of `saved_model.pb`. */
  readonly bytes: Uint8Array;
  readonly inputs: FrozenGraph['inputs'];
  readonly outputs: FrozenGraph['outputs'];
}

/** Numbers of examples that a function is written down for where that is left open. */
const batches = [2, 3, 4] as const;

/** The backend, which has to be the one in use. */
export function backendInUse(): TensorFlowBackend {
  if (tf.getBackend() === 'tensorflow') return tf.backend() as unknown as TensorFlowBackend;
  throw new OverparamError(
    'backend-not-started',
    "The backend 'tensorflow' is not in use. Choose it first: await tf.setBackend('tensorflow').",
  );
}

/**
 * Writes a function of tfjs's ops as a SavedModel of TensorFlow: one graph with the values of all weights in it, and the
 * signature `serving_default` with inputs and outputs by their names. It has no variables.
 *
 * The backend `tensorflow` must be in use. The function may do what a compiled step may do.
 *
 * @throws OverparamError `backend-not-started`; `batch-fixed` where the number of examples is to be open and cannot be;
 *   `op-not-compilable`, `read-in-step` where the function does what a graph cannot
 */
export function encodeSavedModel(
  run: (inputs: Tensors) => Tensors,
  inputs: Readonly<Record<string, SavedInput>>,
): SavedModel {
  const backend = backendInUse();
  const written = (batch: number) => {
    const specs: Record<string, InputSpec> = {};
    for (const [name, { shape, dtype = 'float32' }] of Object.entries(inputs)) {
      if (shape.slice(1).includes(null)) {
        throw new OverparamError(
          'open-shape',
          `The input "${name}" leaves sides open ([${shape.map((side) => side ?? '?').join(', ')}]); in a SavedModel only the number of examples may be. Build the network with a fixed input size.`,
        );
      }
      specs[name] = { shape: shape.map((side) => side ?? batch), dtype };
    }
    return freeze(backend, run, specs);
  };
  const open = Object.values(inputs).some(({ shape }) => shape[0] === null);
  const frozen = open
    ? openFor(batches.map(written) as [FrozenGraph, FrozenGraph, FrozenGraph])
    : orderedGraph(written(0));
  return { bytes: encoded(frozen, backend.version), inputs: frozen.inputs, outputs: frozen.outputs };
}

/** Opens the batch by two numbers of examples, and by the next two: what does not grow evenly with it shows there. */
function openFor([one, two, three]: readonly [FrozenGraph, FrozenGraph, FrozenGraph]): FrozenGraph {
  const opened = openBatch(one, two, batches[0]);
  const again = openBatch(two, three, batches[1]);
  if (Buffer.compare(opened.graph, again.graph) !== 0)
    throw fixedBatch('a side does not grow evenly with it');
  return opened;
}

function encoded({ graph, inputs, outputs }: FrozenGraph, version: string): Uint8Array {
  const signature = new ProtoMessage();
  for (const [name, end] of Object.entries(inputs)) signature.message(1, entry(name, end));
  for (const [name, end] of Object.entries(outputs)) signature.message(2, entry(name, end));
  signature.bytes(3, 'tensorflow/serving/predict');
  const about = new ProtoMessage().bytes(4, 'serve').bytes(5, version);
  const metaGraph = new ProtoMessage()
    .message(1, about)
    .bytes(2, graph)
    .message(5, new ProtoMessage().bytes(1, 'serving_default').message(2, signature));
  return new ProtoMessage().integer(1, 1).message(2, metaGraph).finish();
}

function entry(name: string, { tensor, shape, dtype }: GraphTensor): ProtoMessage {
  const sides = new ProtoMessage();
  for (const side of shape) sides.message(2, new ProtoMessage().integer(1, side));
  const info = new ProtoMessage().bytes(1, tensor).integer(2, dtype).message(3, sides);
  return new ProtoMessage().bytes(1, name).message(2, info);
}

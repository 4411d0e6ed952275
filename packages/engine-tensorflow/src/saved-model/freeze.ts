import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from '../backend/backend';
import type { Tensors } from '../backend/steps';
import { dataTypes } from '../binding/enumerations';
import type { Output } from '../binding/functions';
import { outputsOf } from '../compile/outputs';
import { Trace } from '../compile/trace';
import { bookkeeping } from '../compile/variables';

/** A tensor that goes into a graph or comes out of it. */
export interface GraphTensor {
  /** Its name in the graph, such as `Placeholder_0:0`. */
  readonly tensor: string;
  /** -1 for what is open. */
  readonly shape: readonly number[];
  /** TensorFlow's number of its type. */
  readonly dtype: number;
}

/** A function as a graph that depends on nothing else. */
export interface FrozenGraph {
  /** A GraphDef. */
  readonly graph: Uint8Array;
  readonly inputs: Readonly<Record<string, GraphTensor>>;
  readonly outputs: Readonly<Record<string, GraphTensor>>;
}

/** What goes into a function. */
export interface InputSpec {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
}

/** Writes a function of tfjs's ops down as a graph, weights included. */
export function freeze(
  backend: TensorFlowBackend,
  run: (inputs: Tensors) => Tensors,
  specs: Readonly<Record<string, InputSpec>>,
): FrozenGraph {
  const { binding } = backend;
  if (binding.recorder !== null) {
    throw new OverparamError(
      'read-in-step',
      'A network cannot be written within a compiled step. Write it before.',
    );
  }
  const trace = new Trace(backend, new Map(), {}, true);
  const inputs: Record<string, GraphTensor> = {};
  let outputs: Record<string, GraphTensor> = {};
  binding.recorder = trace;
  try {
    tf.tidy(() => {
      const symbols: Record<string, tf.Tensor> = {};
      for (const [name, { shape, dtype }] of Object.entries(specs)) {
        const type = dtype === 'int32' ? dataTypes.TF_INT32 : dataTypes.TF_FLOAT;
        const { input, id } = trace.argument(shape, type);
        const dataId = {};
        backend.tensorMap.set(dataId, { shape: [...shape], dtype: type, id, values: null, refCount: 1 });
        symbols[name] = bookkeeping().makeTensorFromTensorInfo({ dataId, shape: [...shape], dtype });
        inputs[name] = described(trace, input, shape);
      }
      outputs = Object.fromEntries(
        Object.entries(outputsOf(run, symbols)).map(([name, tensor]) => {
          // An identity: an output that is an input needs a name of its own.
          const output = trace.identity(trace.wideValueOf(trace.idOf(backend.entry(tensor))));
          return [name, described(trace, output, tensor.shape)];
        }),
      );
    });
    if (trace.violation !== null) throw trace.violation;
    return { graph: trace.graph.toGraphDef(), inputs, outputs };
  } catch (error) {
    throw trace.violation ?? error;
  } finally {
    binding.recorder = null;
    trace.graph.dispose();
  }
}

function described({ graph }: Trace, output: Output, shape: readonly number[]): GraphTensor {
  return {
    tensor: `${graph.nameOf(output)}:${output.index}`,
    shape: [...shape],
    dtype: graph.dtypeOf(output),
  };
}

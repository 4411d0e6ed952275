import { OverparamError } from '@overparam/errors';
import { protoFields } from '@overparam/files/protobuf';
import type * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from '../backend/backend';
import type { Binding } from '../binding/binding';
import { dataTypes } from '../binding/enumerations';
import type { Output, Pointer } from '../binding/functions';
import { readTensor, type Values, writeTensor } from '../binding/values';
import { packOutputs, readBuffer } from '../compile/graph';
import { backendInUse } from './write';

/** A SavedModel in TensorFlow's memory. */
export interface LoadedModel {
  /** Names of the signature `serving_default`. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Runs it; what comes out has one number after the other. */
  run(
    inputs: Readonly<
      Record<
        string,
        { readonly shape: readonly number[]; readonly data: Values; readonly dtype: tf.DataType }
      >
    >,
  ): Record<string, Values>;
  /** Closes the session. */
  dispose(): void;
}

/**
 * Loads a SavedModel's folder through TensorFlow's C API, as C++ and Python do, and offers its `serving_default`.
 *
 * The backend `tensorflow` must be in use. Graphs can do what ops of TensorFlow can: load only what you trust.
 *
 * @throws OverparamError `backend-not-started`; `tensorflow` where TensorFlow cannot load it; `signature-missing`
 */
export function loadSavedModel(folder: string): LoadedModel {
  const { binding } = backendInUse() as TensorFlowBackend;
  const { library, status } = binding;
  const graph = library.TF_NewGraph() as Pointer;
  const options = library.TF_NewSessionOptions() as Pointer;
  const metaGraph = library.TF_NewBuffer() as Pointer;
  let session: Pointer = 0n;
  const dispose = () => {
    if (session) {
      library.TF_CloseSession(session, status);
      library.TF_DeleteSession(session, status);
    }
    session = 0n;
    library.TF_DeleteGraph(graph);
  };
  try {
    session = library.TF_LoadSessionFromSavedModel(
      options,
      null,
      folder,
      ['serve'],
      1,
      graph,
      metaGraph,
      status,
    ) as Pointer;
    binding.check(`loading the SavedModel in ${folder}`);
    const { inputs, outputs } = signatureOf(readBuffer(library, metaGraph), folder);
    const at = (tensor: string): Output => {
      const [name, index = '0'] = tensor.split(':');
      return { oper: library.TF_GraphOperationByName(graph, name) as Pointer, index: Number(index) };
    };
    return {
      inputs: [...inputs.keys()],
      outputs: [...outputs.keys()],
      run: (given) =>
        runSession(binding, session, {
          inputs: [...inputs].map(([name, tensor]) => ({ at: at(tensor), value: given[name]! })),
          outputs: [...outputs].map(([name, tensor]) => ({ name, at: at(tensor) })),
        }),
      dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  } finally {
    library.TF_DeleteSessionOptions(options);
    library.TF_DeleteBuffer(metaGraph);
  }
}

interface Call {
  readonly inputs: readonly {
    at: Output;
    value: { shape: readonly number[]; data: Values; dtype: tf.DataType };
  }[];
  readonly outputs: readonly { name: string; at: Output }[];
}

function runSession(binding: Binding, session: Pointer, { inputs, outputs }: Call): Record<string, Values> {
  const { library, status } = binding;
  const values = inputs.map(({ value: { shape, data, dtype } }) =>
    writeTensor(library, shape, dtype === 'int32' ? dataTypes.TF_INT32 : dataTypes.TF_FLOAT, data),
  );
  const results = new BigUint64Array(outputs.length);
  try {
    library.TF_SessionRun(
      session,
      null,
      packOutputs(inputs.map(({ at }) => at)),
      BigUint64Array.from(values),
      values.length,
      packOutputs(outputs.map(({ at }) => at)),
      results,
      outputs.length,
      null,
      0,
      null,
      status,
    );
    binding.check('running a SavedModel');
    return Object.fromEntries(outputs.map(({ name }, index) => [name, readTensor(library, results[index]!)]));
  } finally {
    for (const tensor of values) library.TF_DeleteTensor(tensor);
    for (const tensor of results) if (tensor) library.TF_DeleteTensor(tensor);
  }
}

/** Names of tensors of `serving_default`: MetaGraphDef's field 5, a map of SignatureDef. */
function signatureOf(metaGraph: Uint8Array, folder: string) {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const part = (bytes: Uint8Array, number: number) =>
    [...protoFields(bytes, folder)].find(({ field }) => field === number)?.bytes ?? new Uint8Array(0);
  for (const { field, bytes } of protoFields(metaGraph, folder)) {
    if (field !== 5 || text(part(bytes, 1)) !== 'serving_default') continue;
    const ends = [new Map<string, string>(), new Map<string, string>()] as const;
    for (const end of protoFields(part(bytes, 2), folder)) {
      if (end.field > 2) continue;
      ends[end.field - 1]!.set(text(part(end.bytes, 1)), text(part(part(end.bytes, 2), 1)));
    }
    return { inputs: ends[0], outputs: ends[1] };
  }
  throw new OverparamError(
    'signature-missing',
    `The SavedModel in ${folder} has no signature "serving_default". Save it with one.`,
  );
}

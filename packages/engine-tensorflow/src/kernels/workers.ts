import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from '../backend/backend';
import type { Tracing } from '../backend/tracing';
import type { TensorMetadata } from '../binding/binding';
import { dataTypes, type OpAttribute } from '../binding/enumerations';
import { attribute } from '../binding/make-attribute';
import { joinedCluster } from '../cluster/join';
import type { Kernel } from './kernel';

/** TensorFlow's number of the group of all workers. */
const group = 1;

const names = new Map<number, string>();

/**
 * TensorFlow's number of a sum, from its name (FNV-1a, 31 bits): workers that trace a step more often than others, or in another
 * order, mean the same sum all the same.
 */
function numberOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  const number = hash >>> 1;
  const known = names.get(number);
  if (known !== undefined && known !== name) {
    throw new OverparamError(
      'invalid-cluster',
      `Two sums over workers, "${known}" and "${name}", have one number. Give one of them another name.`,
    );
  }
  names.set(number, name);
  return number;
}

const { TF_FLOAT, TF_BFLOAT16 } = dataTypes;

/** Without a deadline of TensorFlow's, whose thread for each sum sleeps until then: the watch over workers has it. */
const reduction = (dtype: number): readonly OpAttribute[] => [
  attribute.type('T', dtype),
  attribute.string('merge_op', 'Add'),
  attribute.string('final_op', 'Id'),
  attribute.string('communication_hint', 'ring'),
  attribute.float('timeout_seconds', 0),
  attribute.bool('is_stateless', false),
  attribute.int('Nordering_token', 0),
  attribute.int('max_subdivs_per_device', -1),
];

const cast = (from: number, to: number): readonly OpAttribute[] => [
  attribute.type('SrcT', from),
  attribute.type('DstT', to),
  attribute.bool('Truncate', false),
];

/** The sum of a tensor that is float32, sent in bfloat16; tensors by number. */
function sumInHalf(backend: TensorFlowBackend, inputs: readonly number[]): TensorMetadata {
  const { binding } = backend;
  const [x, ...numbers] = inputs;
  const half = binding.executeOp('Cast', cast(TF_FLOAT, TF_BFLOAT16), [x!], 1)[0]!.id;
  const attributes = reduction(TF_BFLOAT16);
  const sum = binding.executeOp('CollectiveReduceV2', attributes, [half, ...numbers], 1)[0]!.id;
  const result = binding.executeOp('Cast', cast(TF_BFLOAT16, TF_FLOAT), [sum], 1)[0]!;
  for (const id of [half, sum]) binding.deleteTensor(id);
  return result;
}

/**
 * Input x (float32 or int32); attributes name, and half for a sum that is sent in bfloat16. Output: the sum of what all workers
 * gave under that name, in a step as outside. A name stands for one shape and element type.
 */
const sumOverWorkers: Kernel = (backend, { x }, { name, half }) => {
  const cluster = joinedCluster();
  if (cluster === null) {
    throw new OverparamError(
      'not-joined',
      'A sum over workers was asked for, and this process is none. Call joinWorkers() before TensorFlow starts.',
    );
  }
  if (x!.size === 0) {
    // TensorFlow would wait for ever.
    throw new OverparamError(
      'invalid-cluster',
      `The sum "${name}" over workers is of nothing. Leave it out.`,
    );
  }
  const { workers } = cluster;
  const numbers = [workers.length, group, numberOf(name as string)].map((value) => tf.scalar(value, 'int32'));
  if (half !== true) {
    const dtype = x!.dtype === 'int32' ? dataTypes.TF_INT32 : TF_FLOAT;
    return backend.executeSingleOutput('CollectiveReduceV2', reduction(dtype), [x!, ...numbers]);
  }
  const trace = backend.binding.recorder as Tracing | null;
  const [given, ...others] = backend.getInputTensorIds([x!, ...numbers]) as [number, ...number[]];
  if (trace === null) return backend.createOutputTensor(sumInHalf(backend, [given, ...others]));
  const wide = trace.widened(given).id;
  return backend.createOutputTensor(trace.asGiven(() => sumInHalf(backend, [wide, ...others])));
};

/** What workers that train together need. */
export const workerKernels: Readonly<Record<string, Kernel>> = { SumOverWorkers: sumOverWorkers };

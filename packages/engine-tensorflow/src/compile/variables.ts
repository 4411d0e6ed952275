import * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from '../backend/backend';
import type { TensorEntry } from '../backend/upstream';
import { dataTypes } from '../binding/enumerations';
import type { Output, Pointer } from '../binding/functions';
import { attribute } from '../binding/make-attribute';

/** A variable in a trace. */
export interface VariableUse {
  readonly variable: tf.Variable;
  readonly shape: readonly number[];
  readonly dtype: number;
  /** The step's argument: a handle of a variable of TensorFlow's. */
  readonly resource: Output;
  /** Its value at the step's beginning. */
  readonly value: Output;
}

/** tfjs's bookkeeping, as far as variables need it. */
interface Bookkeeping {
  readonly registeredVariables: Readonly<Record<string, tf.Variable>>;
  disposeTensor(tensor: tf.Tensor): void;
  incRef(tensor: tf.Tensor, backend: tf.KernelBackend | null): void;
  makeTensorFromTensorInfo(info: tf.TensorInfo): tf.Tensor;
}

export const bookkeeping = (): Bookkeeping => tf.engine() as unknown as Bookkeeping;

/** A name that makes a variable of TensorFlow's its own: it goes when its handle does. */
const anonymous = 'cd2c89b7-88b7-44c8-ad83-06c2a9158347';

/** TensorFlow's handle of a tensor's value. Buffers are shared, not copied. */
export function readEntry(backend: TensorFlowBackend, entry: TensorEntry): number {
  const { binding } = backend;
  if (entry.values !== null) {
    entry.id = binding.upload(entry.shape, entry.dtype, entry.values);
    entry.values = null;
  }
  if (entry.id < 0 && entry.resource !== undefined) {
    const [handle] = binding.run(
      'ReadVariableOp',
      [attribute.type('dtype', entry.dtype)],
      [binding.handle(entry.resource)],
      1,
    );
    entry.id = binding.adopt(handle!);
  }
  return entry.id;
}

/** Puts a tensor's value into a variable of TensorFlow's, which steps change in place, and gives its handle. */
export function resourceOf(backend: TensorFlowBackend, entry: TensorEntry): Pointer {
  const { binding } = backend;
  if (entry.resource === undefined) {
    const dtype = attribute.type('dtype', entry.dtype);
    const [resource] = binding.run(
      'VarHandleOp',
      [
        attribute.string('container', ''),
        attribute.string('shared_name', anonymous),
        dtype,
        { name: 'shape', type: binding.TF_ATTR_SHAPE, value: entry.shape },
      ],
      [],
      1,
    );
    const value = binding.handle(readEntry(backend, entry));
    binding.run('AssignVariableOp', [dtype], [resource!, value], 0);
    entry.resource = binding.adopt(resource!);
  }
  return binding.handle(entry.resource);
}

/** Forgets a value that was read from a variable, so that the variable alone holds its buffer. */
export function releaseRead(backend: TensorFlowBackend, entry: TensorEntry): void {
  if (entry.resource === undefined || entry.id < 0) return;
  backend.binding.deleteTensor(entry.id);
  entry.id = -1;
}

/** Gives a variable a place of its own where it shares one, as after `clone` or as two variables of one tensor do. */
export function separate(backend: TensorFlowBackend, variable: tf.Variable): TensorEntry {
  const entry = backend.entry(variable);
  if (entry.refCount === 1) return entry;
  const { binding } = backend;
  const [handle] = binding.run(
    'Identity',
    [attribute.type('T', entry.dtype)],
    [binding.handle(readEntry(backend, entry))],
    1,
  );
  const tensor = backend.createOutputTensor(binding.describe(handle!));
  variable.assign(tensor);
  tensor.dispose();
  return backend.entry(variable);
}

/** Whether TensorFlow holds such values in variables that steps can change. */
export const assignable = (entry: TensorEntry): boolean => entry.dtype !== dataTypes.TF_STRING;

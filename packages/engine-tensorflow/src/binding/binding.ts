import { availableParallelism } from 'node:os';
import { OverparamError } from '@overparam/errors';
import { setAttribute } from './attributes';
import { type Device, type DeviceOptions, listDevices, newContext } from './context';
import { attributeKinds, dataTypes, type OpAttribute } from './enumerations';
import type { Pointer } from './functions';
import type { Library } from './library';
import { check } from './status';
import { readTensor, type Values, writeTensor } from './values';

/** What is known of a tensor besides its values. */
export interface TensorMetadata {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

/** Takes the place of execution: a trace. */
export interface Recorder {
  createTensor(shape: readonly number[], dtype: number, values: Values): number;
  executeOp(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly number[],
    outputs: number,
  ): TensorMetadata[];
  /** Whether the tensor is one that does not exist yet. */
  owns(id: number): boolean;
  deleteTensor(id: number): void;
  /** Always throws: values do not exist in a trace. */
  read(): never;
}

/**
 * TensorFlow as tfjs-node's kernels know it: tensors by number, ops by name. All calls are synchronous. While
 * `recorder` is set, ops are written down and not executed.
 */
export class Binding {
  readonly TF_FLOAT = dataTypes.TF_FLOAT;
  readonly TF_INT32 = dataTypes.TF_INT32;
  readonly TF_UINT8 = dataTypes.TF_UINT8;
  readonly TF_STRING = dataTypes.TF_STRING;
  readonly TF_COMPLEX64 = dataTypes.TF_COMPLEX64;
  readonly TF_INT64 = dataTypes.TF_INT64;
  readonly TF_BOOL = dataTypes.TF_BOOL;
  readonly TF_RESOURCE = dataTypes.TF_RESOURCE;
  readonly TF_ATTR_STRING = attributeKinds.TF_ATTR_STRING;
  readonly TF_ATTR_INT = attributeKinds.TF_ATTR_INT;
  readonly TF_ATTR_FLOAT = attributeKinds.TF_ATTR_FLOAT;
  readonly TF_ATTR_BOOL = attributeKinds.TF_ATTR_BOOL;
  readonly TF_ATTR_TYPE = attributeKinds.TF_ATTR_TYPE;
  readonly TF_ATTR_SHAPE = attributeKinds.TF_ATTR_SHAPE;
  readonly TF_ATTR_RESOURCE = attributeKinds.TF_ATTR_RESOURCE;

  recorder: Recorder | null = null;
  readonly status: Pointer;
  readonly context: Pointer;
  private readonly handles = new Map<number, Pointer>();
  private lastId = 0;

  /** Within an op. */
  readonly threads: number;

  /** Ops begun and ops ended, for a thread that watches over sums that wait for others. */
  readonly executed = new Int32Array(new SharedArrayBuffer(8));

  constructor(
    readonly library: Library,
    options: DeviceOptions,
  ) {
    this.threads = options.threads ?? availableParallelism();
    this.status = library.TF_NewStatus() as Pointer;
    this.context = newContext(library, this.status, options);
  }

  get TF_Version(): string {
    return this.library.version;
  }

  devices(): readonly Device[] {
    return listDevices(this.library, this.context, this.status);
  }

  isUsingGpuDevice(): boolean {
    return this.devices().some(({ type }) => type === 'GPU');
  }

  /** Tensors that exist in TensorFlow. */
  getNumOfTensors(): number {
    return this.handles.size;
  }

  getNumOfSavedModels(): number {
    return 0;
  }

  check(doing: string): void {
    check(this.library, this.status, doing);
  }

  nextId(): number {
    return ++this.lastId;
  }

  /** TensorFlow's handle of a tensor. */
  handle(id: number): Pointer {
    const handle = this.handles.get(id);
    if (handle === undefined) {
      throw new OverparamError(
        'tensor-unknown',
        `Tensor ${id} is not in TensorFlow's memory: it was disposed, or belongs to a step that is over.`,
      );
    }
    return handle;
  }

  createTensor(shape: readonly number[], dtype: number, values: Values): number {
    if (this.recorder !== null) return this.recorder.createTensor(shape, dtype, values);
    return this.upload(shape, dtype, values);
  }

  /** As createTensor, but whether or not a trace is being made. */
  upload(shape: readonly number[], dtype: number, values: Values): number {
    const tensor = writeTensor(this.library, shape, dtype, values);
    const handle = this.library.TFE_NewTensorHandle(tensor, this.status) as Pointer;
    this.library.TF_DeleteTensor(tensor);
    this.check('making a tensor');
    return this.adopt(handle);
  }

  deleteTensor(id: number): void {
    if (this.recorder?.owns(id)) {
      this.recorder.deleteTensor(id);
      return;
    }
    const handle = this.handles.get(id);
    if (handle === undefined) return;
    this.handles.delete(id);
    this.library.TFE_DeleteTensorHandle(handle);
  }

  tensorDataSync(id: number): Values {
    if (this.recorder !== null) this.recorder.read();
    return this.valuesOf(id);
  }

  /** A copy of a tensor's values, whether or not a trace is being made. */
  valuesOf(id: number): Values {
    const tensor = this.library.TFE_TensorHandleResolve(this.handle(id), this.status) as Pointer;
    this.check('reading a tensor');
    try {
      return readTensor(this.library, tensor);
    } finally {
      this.library.TF_DeleteTensor(tensor);
    }
  }

  executeOp(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly number[],
    outputs: number,
  ): TensorMetadata[] {
    if (this.recorder !== null) return this.recorder.executeOp(name, attributes, inputs, outputs);
    return this.run(
      name,
      attributes,
      inputs.map((id) => this.handle(id)),
      outputs,
    ).map((handle) => this.describe(handle));
  }

  /** Executes an op on handles and gives handles, which the caller deletes or adopts. */
  run(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly Pointer[],
    outputs: number,
  ): Pointer[] {
    const { library, status } = this;
    const op = library.TFE_NewOp(this.context, name, status) as Pointer;
    this.check(`the op ${name}`);
    try {
      for (const attribute of attributes) setAttribute(library, 'TFE_OpSetAttr', op, attribute, status);
      for (const input of inputs) library.TFE_OpAddInput(op, input, status);
      this.check(`the inputs of ${name}`);
      const results = new BigUint64Array(outputs + 1);
      const count = Int32Array.of(outputs);
      Atomics.add(this.executed, 0, 1);
      library.TFE_Execute(op, results, count, status);
      Atomics.add(this.executed, 1, 1);
      this.check(`the op ${name}`);
      return Array.from(results.subarray(0, count[0]));
    } finally {
      library.TFE_DeleteOp(op);
    }
  }

  /** Makes a function known to the runtime, which keeps it. */
  addFunction(definition: Pointer): void {
    this.library.TFE_ContextAddFunction(this.context, definition, this.status);
    this.check('a compiled step');
  }

  removeFunction(name: string): void {
    this.library.TFE_ContextRemoveFunction(this.context, name, this.status);
    this.check(`removing ${name}`);
  }

  /** Gives a handle a number; from here on it belongs to the binding. */
  adopt(handle: Pointer): number {
    const id = this.nextId();
    this.handles.set(id, handle);
    return id;
  }

  /** Adopts a handle and says what it holds. */
  describe(handle: Pointer): TensorMetadata {
    const { library, status } = this;
    const rank = library.TFE_TensorHandleNumDims(handle, status) as number;
    const shape = new Array<number>(rank);
    for (let axis = 0; axis < rank; axis++) {
      shape[axis] = Number(library.TFE_TensorHandleDim(handle, axis, status));
    }
    return { id: this.adopt(handle), shape, dtype: library.TFE_TensorHandleDataType(handle) as number };
  }
}

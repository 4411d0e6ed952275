import { setAttribute } from '../binding/attributes';
import type { Binding } from '../binding/binding';
import { attributeKinds, dataTypes, type OpAttribute } from '../binding/enumerations';
import type { Output, Pointer } from '../binding/functions';
import { type Values, writeTensor } from '../binding/values';
import type { OpNote } from './op-note';
import { Recompute } from './recompute';

/** Ops whose inputs are lists in part: the sizes of the single inputs before and after the list. */
const listInputs: Readonly<Record<string, readonly [before: number, after: number]>> = {
  AddN: [0, 0],
  // The list, of tokens that put sums in order, is empty.
  CollectiveReduceV2: [4, 0],
  _MklNativeFusedConv2D: [2, 0],
  ConcatV2: [0, 1],
  Einsum: [0, 0],
  IdentityN: [0, 0],
  If: [1, 0],
  Merge: [0, 0],
  Pack: [0, 0],
};

/** An array of TF_Output as C lays it out: an address and an index, filled up to 16 bytes. */
export function packOutputs(outputs: readonly Output[]): BigUint64Array {
  const packed = new BigUint64Array(outputs.length * 2);
  outputs.forEach(({ oper, index }, at) => {
    packed[at * 2] = oper;
    packed[at * 2 + 1] = BigInt(index);
  });
  return packed;
}

/** The contents of a TF_Buffer: an address and a length, as C lays it out. */
export function readBuffer({ copyMemory }: Binding['library'], buffer: Pointer): Uint8Array {
  const parts = new BigUint64Array(2);
  copyMemory(parts, buffer, 16);
  const bytes = new Uint8Array(Number(parts[1]));
  if (bytes.length > 0) copyMemory(bytes, parts[0], bytes.length);
  return bytes;
}

/** What a function made of a graph takes, gives, and does besides. */
export interface Interface {
  readonly inputs: readonly Output[];
  readonly outputs: readonly Output[];
  /** Operations that run although nothing depends on them. */
  readonly effects: readonly Pointer[];
}

/** A graph of TensorFlow's that is being written. */
export class Graph {
  readonly pointer: Pointer;
  /** Null where all that a backward pass reads is kept until then. */
  readonly recompute: Recompute | null;
  /** What was written down, where somebody asked for it. */
  notes: Map<Pointer, OpNote> | null = null;
  private count = 0;

  constructor(
    readonly binding: Binding,
    recompute: 'none' | 'blocks' = 'none',
  ) {
    this.pointer = binding.library.TF_NewGraph() as Pointer;
    this.recompute = recompute === 'blocks' ? new Recompute(this) : null;
  }

  /** Adds an operation. */
  add(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly Output[],
    after: readonly Pointer[] = [],
  ): Pointer {
    const sources = this.recompute?.inputsOf(inputs) ?? inputs;
    const operation = this.write(name, attributes, sources, after);
    const note = { name, attributes, inputs: sources };
    this.recompute?.added(operation, note);
    this.notes?.set(operation, note);
    return operation;
  }

  /** As {@link add}, with just these inputs. */
  write(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly Output[],
    after: readonly Pointer[] = [],
  ): Pointer {
    return this.finish(name, (description) => {
      const { library, status } = this.binding;
      const list = listInputs[name];
      if (list === undefined) {
        for (const input of inputs) library.TF_AddInput(description, input);
      } else {
        const [before, behind] = list;
        const end = inputs.length - behind;
        for (const input of inputs.slice(0, before)) library.TF_AddInput(description, input);
        library.TF_AddInputList(description, packOutputs(inputs.slice(before, end)), end - before);
        for (const input of inputs.slice(end)) library.TF_AddInput(description, input);
        // Of arguments that stay with the processor, there are none.
        if (name === '_MklNativeFusedConv2D') library.TF_AddInputList(description, packOutputs([]), 0);
      }
      for (const operation of after) library.TF_AddControlInput(description, operation);
      for (const attribute of attributes) setAttribute(library, 'TF_SetAttr', description, attribute, status);
    });
  }

  /** Adds an operation and gives its first output. */
  output(name: string, attributes: readonly OpAttribute[], inputs: readonly Output[]): Output {
    return { oper: this.add(name, attributes, inputs), index: 0 };
  }

  constant(shape: readonly number[], dtype: number, values: Values): Output {
    const { library, status } = this.binding;
    const tensor = writeTensor(library, shape, dtype, values);
    try {
      const oper = this.finish('Const', (description) => {
        library.TF_SetAttrType(description, 'dtype', dtype);
        library.TF_SetAttrTensor(description, 'value', tensor, status);
      });
      return { oper, index: 0 };
    } finally {
      library.TF_DeleteTensor(tensor);
    }
  }

  scalar(value: number): Output {
    return this.constant([], dataTypes.TF_FLOAT, Float32Array.of(value));
  }

  placeholder(shape: readonly number[], dtype: number): Output {
    return this.output(
      'Placeholder',
      [
        { name: 'dtype', type: attributeKinds.TF_ATTR_TYPE, value: dtype },
        { name: 'shape', type: attributeKinds.TF_ATTR_SHAPE, value: shape },
      ],
      [],
    );
  }

  /** Tells TensorFlow a shape that it cannot know. */
  setShape(output: Output, shape: readonly number[]): void {
    const { library, status } = this.binding;
    library.TF_GraphSetTensorShape(
      this.pointer,
      output,
      BigInt64Array.from(shape, BigInt),
      shape.length,
      status,
    );
    this.binding.check('the shape of a variable');
  }

  /** The shape by TensorFlow's inference; null where it is not known completely. */
  shapeOf(output: Output): number[] | null {
    const { library, status } = this.binding;
    const rank = library.TF_GraphGetTensorNumDims(this.pointer, output, status) as number;
    if (rank < 0) return null;
    const dims = new BigInt64Array(Math.max(1, rank));
    library.TF_GraphGetTensorShape(this.pointer, output, dims, rank, status);
    const shape = Array.from(dims.subarray(0, rank), Number);
    return shape.includes(-1) ? null : shape;
  }

  dtypeOf(output: Output): number {
    return this.binding.library.TF_OperationOutputType(output) as number;
  }

  /** Makes a function of the whole graph. The caller deletes it. */
  toFunction(name: string, { inputs, outputs, effects }: Interface): Pointer {
    const { library, status } = this.binding;
    const pointer = library.TF_GraphToFunctionWithControlOutputs(
      this.pointer,
      name,
      0,
      -1,
      null,
      inputs.length,
      packOutputs(inputs),
      outputs.length,
      packOutputs(outputs),
      null,
      effects.length,
      BigUint64Array.from(effects),
      null,
      null,
      null,
      status,
    ) as Pointer;
    this.binding.check(`the function ${name}`);
    return pointer;
  }

  /** The name of an operation. */
  nameOf({ oper }: Output): string {
    return this.binding.library.TF_OperationName(oper) as string;
  }

  /** The whole graph as a GraphDef, in bytes. */
  toGraphDef(): Uint8Array {
    const { library, status } = this.binding;
    const buffer = library.TF_NewBuffer() as Pointer;
    try {
      library.TF_GraphToGraphDef(this.pointer, buffer, status);
      this.binding.check('writing a graph');
      return readBuffer(library, buffer);
    } finally {
      library.TF_DeleteBuffer(buffer);
    }
  }

  /** Makes a function known in this graph, so that its operations can name it. */
  define(definition: Pointer): void {
    const { library, status } = this.binding;
    library.TF_GraphCopyFunction(this.pointer, definition, null, status);
    this.binding.check('a branch of a step');
  }

  dispose(): void {
    this.binding.library.TF_DeleteGraph(this.pointer);
  }

  private finish(name: string, describe: (description: Pointer) => void): Pointer {
    const { library, status } = this.binding;
    const description = library.TF_NewOperation(this.pointer, name, `${name}_${this.count++}`) as Pointer;
    describe(description);
    const operation = library.TF_FinishOperation(description, status) as Pointer;
    this.binding.check(`the op ${name} in a compiled step`);
    return operation;
  }
}

import { OverparamError } from '@overparam/errors';
import type { FlatCall } from '@overparam/export';
import type { Shape } from '@tensorflow/tfjs';
import type { Attribute, ElementType, Initializer, Node } from './encode';

/** Zeros around an image: `[[top, bottom], [left, right]]`. */
export type ImagePadding = readonly (readonly [number, number])[];

/** A tensor of the ONNX graph that is one of the network's. */
export interface Value {
  /** In the graph. */
  readonly name: string;
  /** In TensorFlow.js's order of axes; null for what is open. */
  readonly shape: Shape;
  /** Zeros that `shape` has and the named tensor has not yet: a convolution takes them into its own. */
  readonly padding?: ImagePadding;
  /** Whether it tells where maxima were, as ONNX counts: int64, over the whole tensor. */
  readonly places?: boolean;
  /** Of one that comes from whole numbers of eight bits. */
  readonly grid?: Grid;
}

/** Whole numbers w of 0 to 255 that stand for `(w - zeroPoint) * scale`. */
export interface Grid {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** A layer's weight, read. */
export interface ReadWeight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Collects the nodes and constants of a graph. */
export class Emitter {
  readonly nodes: Node[] = [];
  readonly initializers: Initializer[] = [];
  private readonly taken = new Set<string>();
  private readonly constants = new Map<string, string>();

  /** A name that nothing in the graph has yet. */
  free(wanted: string): string {
    let name = wanted;
    for (let count = 2; this.taken.has(name); count++) name = `${wanted}_${count}`;
    this.taken.add(name);
    return name;
  }

  /** Adds a node. @returns the names of its outputs */
  node(
    operator: string,
    wanted: string,
    inputs: readonly string[],
    attributes: readonly Attribute[] = [],
    outputs = 1,
  ): string[] {
    const names = Array.from({ length: outputs }, (_, index) =>
      this.free(index === 0 ? wanted : `${wanted}:${index}`),
    );
    this.nodes.push({ operator, name: names[0]!, inputs: [...inputs], outputs: names, attributes });
    return names;
  }

  /** Adds a node of one output. @returns its name */
  one(
    operator: string,
    wanted: string,
    inputs: readonly string[],
    attributes: readonly Attribute[] = [],
  ): string {
    return this.node(operator, wanted, inputs, attributes)[0]!;
  }

  /** A constant of numbers; one of the same name and contents is there once. */
  floats(wanted: string, shape: readonly number[], data: Float32Array): string {
    return this.constant(
      wanted,
      'float',
      shape,
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    );
  }

  /** A constant of one number. */
  number(value: number): string {
    return this.floats(`number ${value}`, [], Float32Array.of(value));
  }

  /** A constant list of whole numbers, as int64. */
  integers(values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt);
    return this.constant(
      `integers ${values.join(',')}`,
      'int64',
      [values.length],
      new Uint8Array(data.buffer),
    );
  }

  /** A constant of whole numbers. */
  wholes(
    wanted: string,
    type: 'int8' | 'uint8' | 'int32',
    shape: readonly number[],
    values: ArrayLike<number>,
  ): string {
    const data = { int8: Int8Array, uint8: Uint8Array, int32: Int32Array }[type].from(values);
    return this.constant(wanted, type, shape, new Uint8Array(data.buffer));
  }

  /** Adds a node that hands a tensor on under a name that was set aside. */
  identity(from: string, name: string): void {
    this.nodes.push({ operator: 'Identity', name, inputs: [from], outputs: [name], attributes: [] });
  }

  /** Gives a tensor another name, wherever it stands. */
  rename(from: string, to: string): void {
    const renamed = (name: string) => (name === from ? to : name);
    for (const { inputs, outputs } of this.nodes) {
      inputs.forEach((name, index) => {
        inputs[index] = renamed(name);
      });
      outputs.forEach((name, index) => {
        outputs[index] = renamed(name);
      });
    }
  }

  private constant(wanted: string, type: ElementType, shape: readonly number[], bytes: Uint8Array): string {
    // A wanted name tells a weight and its form apart from all others.
    const known = this.constants.get(wanted);
    if (known !== undefined) return known;
    const name = this.free(wanted);
    this.constants.set(wanted, name);
    this.initializers.push({ name, type, shape, bytes });
    return name;
  }
}

/** What a layer's converter works with: one call of the layer. */
export interface Context {
  readonly emitter: Emitter;
  readonly call: FlatCall;
  /** What the layer's own nodes are named after. */
  readonly name: string;
  /** The layer's config. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Inputs, with all zeros around them really there. */
  readonly inputs: readonly Value[];
  /** Inputs as they are. */
  readonly raw: readonly Value[];
  /** A weight by the last part of its name, such as `kernel`; null where the layer has none. */
  weight(name: string): ReadWeight | null;
  /** A weight as a constant, in another form where one is given. */
  constant(name: string, form: string, change: (weight: ReadWeight) => ReadWeight): string;
  /**
   * A weight that is multiplied with what comes in, as a constant in another form; in eight bits where it is on such a grid.
   *
   * @param axis  of output channels, in that form
   */
  kernel(name: string, form: string, change: (weight: ReadWeight) => ReadWeight, axis: number): string;
  /**
   * The bias, where there is one, as the further inputs of a node; whole numbers where the kernel and what comes in are.
   *
   * @param kernel  the weight whose products it is added to
   */
  bias(kernel: string): string[];
  /** Refuses the layer. */
  refuse(reason: string, instead: string): never;
}

/** Writes a layer's call as nodes. @returns the call's outputs: names of tensors, or values that say more of them */
export type Converter = (context: Context) => string | readonly Partial<Value>[];

/** The error for a layer that cannot be written. */
export function unsupported(path: string, kind: string, reason: string, instead: string): OverparamError {
  return new OverparamError(
    'unsupported-layer',
    `The layer "${path}" (${kind}) cannot be written as ONNX: ${reason}. ${instead}`,
  );
}

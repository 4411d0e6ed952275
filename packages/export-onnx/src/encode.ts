import { ProtoMessage } from '@overparam/files/protobuf';

/** ONNX's numbers of element types (https://github.com/onnx/onnx/blob/v1.17.0/onnx/onnx.proto, TensorProto.DataType). */
export const elementTypes = { float: 1, uint8: 2, int8: 3, int32: 6, int64: 7 } as const satisfies Record<
  string,
  number
>;

/** A type of ONNX's. */
export type ElementType = 'float' | 'uint8' | 'int8' | 'int32' | 'int64';

/** An attribute of a node: whole numbers unless said otherwise. */
export type Attribute =
  | { readonly name: string; readonly integer: number }
  | { readonly name: string; readonly integers: readonly number[] }
  | { readonly name: string; readonly float: number }
  | { readonly name: string; readonly text: string };

/** A node of a graph. Names are changed in place where the network's outputs get theirs. */
export interface Node {
  readonly operator: string;
  readonly name: string;
  readonly inputs: string[];
  readonly outputs: string[];
  readonly attributes: readonly Attribute[];
}

/** A constant of a graph. */
export interface Initializer {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Little-endian, row-major. */
  readonly bytes: Uint8Array;
}

/** An input or an output of a graph; a text names a side that is open. */
export interface GraphEnd {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

/** All of a model. */
export interface OnnxModel {
  readonly name: string;
  readonly opset: number;
  /** Version of the file format itself, which goes with the opset. */
  readonly irVersion: number;
  readonly producer: string;
  readonly producerVersion: string;
  readonly description: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly inputs: readonly GraphEnd[];
  readonly outputs: readonly GraphEnd[];
  readonly initializers: readonly Initializer[];
  readonly nodes: readonly Node[];
}

/** ONNX's numbers of kinds of attributes. */
const attributeTypes = { float: 1, integer: 2, text: 3, integers: 7 } as const;

function attributeMessage(attribute: Attribute): ProtoMessage {
  const message = new ProtoMessage().bytes(1, attribute.name);
  if ('float' in attribute) return message.float(2, attribute.float).integer(20, attributeTypes.float);
  if ('integer' in attribute)
    return message.integer(3, attribute.integer).integer(20, attributeTypes.integer);
  if ('text' in attribute) return message.bytes(4, attribute.text).integer(20, attributeTypes.text);
  // Not packed, as the format is one of before packing was the default.
  for (const value of attribute.integers) message.integer(8, value);
  return message.integer(20, attributeTypes.integers);
}

function nodeMessage({ operator, name, inputs, outputs, attributes }: Node): ProtoMessage {
  const message = new ProtoMessage();
  for (const input of inputs) message.bytes(1, input);
  for (const output of outputs) message.bytes(2, output);
  message.bytes(3, name).bytes(4, operator);
  for (const attribute of attributes) message.message(5, attributeMessage(attribute));
  return message;
}

function initializerMessage({ name, type, shape, bytes }: Initializer): ProtoMessage {
  const message = new ProtoMessage();
  for (const side of shape) message.integer(1, side);
  return message.integer(2, elementTypes[type]).bytes(8, name).bytes(9, bytes);
}

function endMessage({ name, type, shape }: GraphEnd): ProtoMessage {
  const sides = new ProtoMessage();
  for (const side of shape) {
    const one = new ProtoMessage();
    sides.message(1, typeof side === 'string' ? one.bytes(2, side) : one.integer(1, side));
  }
  const tensor = new ProtoMessage().integer(1, elementTypes[type]).message(2, sides);
  return new ProtoMessage().bytes(1, name).message(2, new ProtoMessage().message(1, tensor));
}

/** A model as the bytes of an `.onnx` file. Equal models give equal bytes. */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  const graph = new ProtoMessage();
  for (const node of model.nodes) graph.message(1, nodeMessage(node));
  graph.bytes(2, model.name);
  for (const initializer of model.initializers) graph.message(5, initializerMessage(initializer));
  for (const input of model.inputs) graph.message(11, endMessage(input));
  for (const output of model.outputs) graph.message(12, endMessage(output));
  const file = new ProtoMessage()
    .integer(1, model.irVersion)
    .bytes(2, model.producer)
    .bytes(3, model.producerVersion)
    .bytes(6, model.description)
    .message(7, graph)
    .message(8, new ProtoMessage().bytes(1, '').integer(2, model.opset));
  for (const [key, value] of Object.entries(model.metadata))
    file.message(14, new ProtoMessage().bytes(1, key).bytes(2, value));
  return file.finish();
}

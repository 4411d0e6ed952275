import { OverparamError } from '@overparam/errors';
import { type ProtoField, ProtoMessage, protoFields } from '@overparam/files/protobuf';
import type { FrozenGraph, GraphTensor } from './freeze';

/** A node of a GraphDef, as far as it matters here. */
interface Node {
  readonly name: string;
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly bytes: Uint8Array;
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const source = 'a graph of TensorFlow';

function readNode(bytes: Uint8Array): Node {
  let [name, operator] = ['', ''];
  const inputs: string[] = [];
  for (const field of protoFields(bytes, source)) {
    if (field.field === 1) name = text(field.bytes);
    if (field.field === 2) operator = text(field.bytes);
    if (field.field === 3) inputs.push(text(field.bytes));
  }
  return { name, operator, inputs, bytes };
}

/**
 * Leaves the number of examples open in a graph. The same function was written down for two numbers of examples: where the
 * two graphs differ, that number stands. In a shape that `Reshape` makes, -1 takes its place; in other lists of sides, a sum
 * that is computed from the input, and constants that grow with it are filled in.
 *
 * @param one  written down for `fewer` examples
 * @param two  written down for one more
 * @throws OverparamError `batch-fixed` where it stands elsewhere, too
 */
export function openBatch(one: FrozenGraph, two: FrozenGraph, fewer: number): FrozenGraph {
  const fields = [one, two].map(({ graph }) => [...protoFields(graph, source)]) as [
    ProtoField[],
    ProtoField[],
  ];
  const [first, second] = fields;
  if (first.length !== second.length)
    throw fixedBatch('the graph has another form for each number of examples');
  const users = usersIn(first);
  const graph = new ProtoMessage();
  let counted = false;
  for (const [index, field] of first.entries()) {
    const other = second[index]!;
    if (field.field !== 1) graph.bytes(field.field, field.bytes);
    else {
      const [mine, theirs] = [readNode(field.bytes), readNode(other.bytes)];
      const nodes = sameNode(mine, theirs) ? [ordered(mine)] : opened(mine, theirs, users, fewer);
      for (const node of nodes) graph.message(1, node);
      counted ||= nodes.length > 1;
    }
  }
  const open = Object.values(one.inputs).find(
    ({ shape }, at) => shape[0] !== Object.values(two.inputs)[at]!.shape[0],
  );
  if (counted && open) for (const node of counting(open)) graph.message(1, node);
  return {
    graph: graph.finish(),
    inputs: openShapes(one.inputs, two.inputs),
    outputs: openShapes(one.outputs, two.outputs),
  };
}

/** A graph whose nodes list their attributes in order: TensorFlow lists them in another order every time. */
export function orderedGraph(frozen: FrozenGraph): FrozenGraph {
  const graph = new ProtoMessage();
  for (const { field, bytes } of protoFields(frozen.graph, source)) {
    if (field === 1) graph.message(1, ordered(readNode(bytes)));
    else graph.bytes(field, bytes);
  }
  return { ...frozen, graph: graph.finish() };
}

function ordered(node: Node): ProtoMessage {
  const attributes = [...attributesOf(node)].sort(([a], [b]) => (a < b ? -1 : 1));
  return nodeOf(node.operator, node.name, node.inputs, Object.fromEntries(attributes));
}

function sameNode(one: Node, two: Node): boolean {
  const [mine, theirs] = [attributesOf(one), attributesOf(two)];
  const same = [...mine].every(
    ([key, value]) => Buffer.compare(value, theirs.get(key) ?? new Uint8Array(0)) === 0,
  );
  return (
    same && one.name === two.name && one.operator === two.operator && one.inputs.join() === two.inputs.join()
  );
}

/** What takes a node's output, and at which place. */
function usersIn(
  fields: readonly ProtoField[],
): ReadonlyMap<string, readonly { operator: string; place: number }[]> {
  const users = new Map<string, { operator: string; place: number }[]>();
  for (const { field, bytes } of fields) {
    if (field !== 1) continue;
    const { operator, inputs } = readNode(bytes);
    for (const [place, input] of inputs.entries()) {
      const name = input.replace(/:\d+$/, '');
      users.set(name, [...(users.get(name) ?? []), { operator, place }]);
    }
  }
  return users;
}

function openShapes(
  one: FrozenGraph['inputs'],
  two: FrozenGraph['inputs'],
): Readonly<Record<string, GraphTensor>> {
  return Object.fromEntries(
    Object.entries(one).map(([name, end]) => [
      name,
      { ...end, shape: end.shape.map((side, axis) => (side === two[name]!.shape[axis] ? side : -1)) },
    ]),
  );
}

function opened(one: Node, two: Node, users: ReturnType<typeof usersIn>, fewer: number): ProtoMessage[] {
  if (one.name !== two.name || one.operator !== two.operator)
    throw fixedBatch('the graph has another form for each number of examples');
  const [mine, theirs] = [attributesOf(one), attributesOf(two)];
  if (one.operator === 'Placeholder') {
    const shape = openPlaceholder(mine.get('shape')!, theirs.get('shape')!);
    return [nodeOf('Placeholder', one.name, [], { dtype: mine.get('dtype')!, shape })];
  }
  if (one.operator !== 'Const') throw fixedBatch(`it is part of the ${one.operator} "${one.name}"`);
  const [a, b] = [readConstant(mine.get('value')!), readConstant(theirs.get('value')!)];
  if (a.dtype === int32 && a.shape.length === 1 && a.shape[0] === b.shape[0]) {
    const reshapes = (users.get(one.name) ?? []).every(
      ({ operator, place }) => operator === 'Reshape' && place === 1,
    );
    return openSides(one.name, wholeNumbers(a), wholeNumbers(b), fewer, reshapes);
  }
  const value = onlyValue(a);
  if (value === null || value !== onlyValue(b) || a.shape.length !== b.shape.length)
    throw fixedBatch(`it is part of the constant "${one.name}"`);
  const number = new ProtoMessage()
    .integer(1, a.dtype)
    .message(2, new ProtoMessage())
    .bytes(4, bytesOf(value));
  return [
    ...openSides(`${one.name}/sides`, a.shape, b.shape, fewer, false),
    nodeOf('Const', `${one.name}/value`, [], {
      dtype: typeOf(a.dtype),
      value: new ProtoMessage().message(8, number),
    }),
    nodeOf('Fill', one.name, [`${one.name}/sides`, `${one.name}/value`], {
      T: typeOf(a.dtype),
      index_type: typeOf(int32),
    }),
  ];
}

const typeOf = (dtype: number) => new ProtoMessage().integer(6, dtype);

const batchNode = 'overparam_examples';

function nodeOf(
  operator: string,
  name: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, ProtoMessage | Uint8Array>>,
): ProtoMessage {
  const message = new ProtoMessage().bytes(1, name).bytes(2, operator);
  for (const input of inputs) message.bytes(3, input);
  for (const [key, value] of Object.entries(attributes)) {
    const entry = new ProtoMessage().bytes(1, key);
    message.message(5, value instanceof Uint8Array ? entry.bytes(2, value) : entry.message(2, value));
  }
  return message;
}

function list(name: string, values: readonly number[]): ProtoMessage {
  const dimension = new ProtoMessage().message(2, new ProtoMessage().integer(1, values.length));
  const tensor = new ProtoMessage()
    .integer(1, int32)
    .message(2, dimension)
    .bytes(4, new Uint8Array(Int32Array.from(values).buffer));
  return nodeOf('Const', name, [], { dtype: typeOf(int32), value: new ProtoMessage().message(8, tensor) });
}

/** Nodes that count the examples of an input. */
function counting({ tensor, dtype }: GraphTensor): ProtoMessage[] {
  const part = (name: string) => `${batchNode}/${name}`;
  const mask = (value: number) => new ProtoMessage().integer(3, value);
  return [
    nodeOf('Shape', part('shape'), [tensor], { T: typeOf(dtype), out_type: typeOf(int32) }),
    list(part('from'), [0]),
    list(part('to'), [1]),
    list(part('step'), [1]),
    nodeOf('StridedSlice', batchNode, ['shape', 'from', 'to', 'step'].map(part), {
      T: typeOf(int32),
      Index: typeOf(int32),
      shrink_axis_mask: mask(1),
      begin_mask: mask(0),
      end_mask: mask(0),
      ellipsis_mask: mask(0),
      new_axis_mask: mask(0),
    }),
  ];
}

/** Sides of which some grow with the number of examples: by so much for each. */
function openSides(
  name: string,
  one: readonly number[],
  two: readonly number[],
  fewer: number,
  reshapes: boolean,
): ProtoMessage[] {
  const growth = one.map((side, axis) => two[axis]! - side);
  const rest = one.map((side, axis) => side - fewer * growth[axis]!);
  const grows = growth.filter((by) => by !== 0);
  if (reshapes && grows.length === 1 && rest.every((side, axis) => growth[axis] === 0 || side === 0))
    return [
      list(
        name,
        one.map((side, axis) => (growth[axis] === 0 ? side : -1)),
      ),
    ];
  return [
    list(`${name}/growth`, growth),
    list(`${name}/rest`, rest),
    nodeOf('Mul', `${name}/grown`, [`${name}/growth`, batchNode], { T: typeOf(int32) }),
    nodeOf('AddV2', name, [`${name}/grown`, `${name}/rest`], { T: typeOf(int32) }),
  ];
}

function attributesOf({ bytes }: Node): Map<string, Uint8Array> {
  const attributes = new Map<string, Uint8Array>();
  for (const { field, bytes: entry } of protoFields(bytes, source)) {
    if (field !== 5) continue;
    const parts = [...protoFields(entry, source)];
    attributes.set(
      text(parts.find((part) => part.field === 1)!.bytes),
      parts.find((part) => part.field === 2)!.bytes,
    );
  }
  return attributes;
}

/** AttrValue.shape is field 7: TensorShapeProto, of dimensions in field 2 with their sizes in field 1. */
function openPlaceholder(one: Uint8Array, two: Uint8Array): ProtoMessage {
  const sides = [one, two].map((value) => {
    const shape = [...protoFields(value, source)].find(({ field }) => field === 7)!.bytes;
    return [...protoFields(shape, source)].map(({ bytes }) =>
      Number([...protoFields(bytes, source)][0]?.integer ?? 0n),
    );
  }) as [number[], number[]];
  const shape = new ProtoMessage();
  for (const [axis, side] of sides[0].entries())
    shape.message(2, new ProtoMessage().integer(1, side === sides[1][axis] ? side : -1));
  return new ProtoMessage().message(7, shape);
}

interface Constant {
  readonly dtype: number;
  readonly shape: readonly number[];
  /** Little-endian values, or the only one that stands for all. */
  readonly bytes: Uint8Array;
}

const int32 = 3;

/** A constant's AttrValue: its tensor is field 8, with contents in field 4, or floats in 5 and int32 in 7. */
function readConstant(value: Uint8Array): Constant {
  const tensor = [...protoFields(value, source)].find(({ field }) => field === 8);
  const parts = tensor ? [...protoFields(tensor.bytes, source)] : [];
  const part = (number: number) => parts.find(({ field }) => field === number);
  // A list of equal numbers, or one of a few, is kept as numbers of its own; the last stands for all behind it.
  const few = parts.filter(({ field }) => field === 7).flatMap(({ integer, bytes }) => (bytes.length > 0 ? packed(bytes) : [Number(integer)])); // biome-ignore format: one list
  const sides = [...protoFields(part(2)?.bytes ?? new Uint8Array(0), source)].filter(
    ({ field }) => field === 2,
  );
  return {
    dtype: Number(part(1)?.integer ?? 0n),
    shape: sides.map(({ bytes }) => Number([...protoFields(bytes, source)][0]?.integer ?? 0n)),
    bytes: part(4)?.bytes ?? part(5)?.bytes ?? new Uint8Array(Int32Array.from(few).buffer),
  };
}

/** Integers that are listed one after the other, each in seven bits a byte. */
function packed(bytes: Uint8Array): number[] {
  const numbers: number[] = [];
  let [value, shift] = [0n, 0n];
  for (const byte of bytes) {
    value |= BigInt(byte & 127) << shift;
    shift += 7n;
    if (byte > 127) continue;
    numbers.push(Number(BigInt.asIntN(32, value)));
    [value, shift] = [0n, 0n];
  }
  return numbers;
}

function wholeNumbers({ bytes, shape }: Constant): number[] {
  const values = [...new Int32Array(bytes.slice().buffer)];
  return Array.from({ length: shape[0]! }, (_, index) => values[Math.min(index, values.length - 1)] ?? 0);
}

/** The bits of the only value of a constant of four-byte numbers; null where there are several. */
function onlyValue({ bytes }: Constant): number | null {
  if (bytes.length === 0 || bytes.length % 4 !== 0) return null;
  const values = new Int32Array(bytes.slice().buffer);
  return values.every((value) => value === values[0]) ? values[0]! : null;
}

const bytesOf = (bits: number) => new Uint8Array(Int32Array.of(bits).buffer);

/** The error for a number of examples that cannot be left open. */
export function fixedBatch(where: string): OverparamError {
  return new OverparamError(
    'batch-fixed',
    `The number of examples cannot be left open in this network: ${where}. Fix it, with batch: 1 or --batch 1.`,
  );
}

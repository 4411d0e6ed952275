import { OverparamError } from '@overparam/errors';
import { type ProtoField, protoFields } from '@overparam/files/protobuf';
import { type InspectedLayer, type Inspection, lineageOf, parsed, sizeOf } from './inspection';

/** ONNX's number of the type. */
const int8Type = 3n;

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** An ONNX file: https://github.com/onnx/onnx/blob/v1.17.0/onnx/onnx.proto. */
export function inspectOnnx(path: string, bytes: Uint8Array): Inspection {
  const fields = [...protoFields(bytes, path)];
  const graph = fields.find(({ field }) => field === 7);
  if (!graph || graph.bytes.length === 0)
    throw new OverparamError(
      'file-unknown',
      `${path} is a protocol buffer, but no ONNX network: it has no graph.`,
    );
  const parts = (message: Uint8Array) => [...protoFields(message, path)];
  const metadata = new Map(
    fields
      .filter(({ field }) => field === 14)
      .map(({ bytes: entry }) => [textOf(parts(entry), 1), textOf(parts(entry), 2)]),
  );
  const content = parts(graph.bytes);
  const sizes = new Map<string, number>();
  let int8 = 0;
  for (const { field, bytes: tensor } of content) {
    if (field !== 5) continue;
    const own = parts(tensor);
    const size = sizeOf(dimensions(own, path));
    sizes.set(textOf(own, 8), size);
    // A vector of int8 is that of zeros beside the scales of a weight.
    const isInt8 = own.some(({ field: of, integer }) => of === 2 && integer === int8Type);
    if (isInt8 && dimensions(own, path).length > 1) int8 += size;
  }
  const counted = new Set<string>();
  const layers = content
    .filter(({ field }) => field === 1)
    .map(({ bytes: node }): InspectedLayer => {
      const own = parts(node);
      const inputs = own.filter(({ field }) => field === 1).map(({ bytes: name }) => text(name));
      let parameters = 0;
      for (const input of inputs) {
        // A weight of a layer that is used again counts once.
        if (!counted.has(input)) parameters += sizes.get(input) ?? 0;
        if (sizes.has(input)) counted.add(input);
      }
      return { name: textOf(own, 3), kind: textOf(own, 4), parameters };
    });
  const opsets = fields.filter(({ field }) => field === 8).map(({ bytes: entry }) => parts(entry));
  const opset = opsets.find((entry) => textOf(entry, 1) === '')?.find(({ field }) => field === 2)?.integer;
  const known = content.filter(({ field }) => field === 1).length > 0;
  return {
    path,
    format: `ONNX, opset ${opset ?? '?'}, by ${textOf(fields, 2) || 'an unknown program'}`,
    ...lineageOf(parsed(metadata.get('overparam')) ?? { role: metadata.get('role') }),
    layers,
    parameters: [...sizes.values()].reduce((sum, size) => sum + size, 0),
    checks: [
      { what: 'graph', ok: known, detail: `${layers.length} nodes, ${sizes.size} constants` },
      ...(int8 > 0 ? [{ what: 'int8', ok: true, detail: `${int8} numbers in kernels of eight bits` }] : []),
    ],
  };
}

const textOf = (fields: readonly ProtoField[], number: number) => {
  const found = fields.find(({ field }) => field === number);
  return found ? text(found.bytes) : '';
};

/** Sides of a tensor: one by one, or packed. */
function dimensions(fields: readonly ProtoField[], path: string): number[] {
  return fields
    .filter(({ field }) => field === 1)
    .flatMap(({ integer, bytes }) => (bytes.length > 0 ? packed(bytes, path) : [Number(integer)]));
}

function packed(bytes: Uint8Array, path: string): number[] {
  const sides: number[] = [];
  let [value, shift] = [0n, 0n];
  for (const byte of bytes) {
    if (shift > 63n)
      throw new OverparamError('protobuf-invalid', `${path}: a side of a tensor is no number.`);
    value |= BigInt(byte & 127) << shift;
    shift += 7n;
    if (byte > 127) continue;
    sides.push(Number(value));
    [value, shift] = [0n, 0n];
  }
  return sides;
}

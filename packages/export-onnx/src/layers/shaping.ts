import type { Shape } from '@tensorflow/tfjs';
import type { Context, Converter, Value } from '../emitter';
import { isTurned, orderOf } from '../layout';

/** Numbers in an image's sides: whether turning it round moves none of them. */
const isPixel = (shape: Shape) => shape.slice(1, -1).every((side) => side === 1);

function permuted({ emitter }: Context, name: string, x: string, order: readonly number[]): string {
  if (order.every((axis, index) => axis === index)) return x;
  return emitter.one('Transpose', name, [x], [{ name: 'perm', integers: order }]);
}

/** A value in TensorFlow.js's own order of axes, as numbers stand one after the other there. */
export function inOwnOrder(context: Context, { name, shape }: Value): string {
  if (!isTurned(shape.length) || isPixel(shape)) return name;
  const back = orderOf(shape.length);
  return permuted(
    context,
    `${context.name}/channels last`,
    name,
    back.map((_, axis) => back.indexOf(axis)),
  );
}

const flatten: Converter = (context) => {
  const x = inOwnOrder(context, context.inputs[0]!);
  return context.emitter.one('Flatten', context.name, [x], [{ name: 'axis', integer: 1 }]);
};

const reshape: Converter = (context) => {
  const { emitter, name, call, inputs } = context;
  const { shape } = call.outputs[0]!;
  const x = inOwnOrder(context, inputs[0]!);
  if (shape.slice(1).filter((side) => side === null).length > 1)
    context.refuse('more than one of its sides is open', 'Build the network with a fixed input size.');
  const turned = isTurned(shape.length);
  const pixel = turned && isPixel(shape);
  const wanted = pixel ? orderOf(shape.length).map((axis) => shape[axis]!) : shape;
  // Zero keeps the batch that there is.
  const sides = [0, ...wanted.slice(1).map((side) => side ?? -1)];
  const y = emitter.one('Reshape', turned && !pixel ? `${name}/channels last again` : name, [
    x,
    emitter.integers(sides),
  ]);
  return turned && !pixel ? permuted(context, name, y, orderOf(shape.length)) : y;
};

const permute: Converter = (context) => {
  const { inputs, config, name } = context;
  const rank = inputs[0]!.shape.length;
  const dims = config.dims as readonly number[];
  const order = orderOf(rank);
  const moves = [0, ...dims];
  return permuted(
    context,
    name,
    inputs[0]!.name,
    order.map((axis) => order.indexOf(moves[axis]!)),
  );
};

const repeat: Converter = ({ emitter, name, inputs, config }) => {
  const row = emitter.one('Unsqueeze', `${name}/row`, [inputs[0]!.name, emitter.integers([1])]);
  return emitter.one('Tile', name, [row, emitter.integers([1, config.n as number, 1])]);
};

const crop: Converter = (context) => {
  const { emitter, name, config, inputs } = context;
  if (config.dataFormat === 'channelsFirst')
    context.refuse('it is in the format channelsFirst', 'Build the network with channelsLast.');
  const [rows, columns] = config.cropping as [[number, number], [number, number]];
  const end = (behind: number) => (behind === 0 ? 2 ** 31 - 1 : -behind);
  return emitter.one('Slice', name, [
    inputs[0]!.name,
    emitter.integers([rows[0], columns[0]]),
    emitter.integers([end(rows[1]), end(columns[1])]),
    emitter.integers([2, 3]),
  ]);
};

/** Zeros are put there when something needs them that cannot add them by itself. */
const pad: Converter = (context) => {
  const { config, raw, call } = context;
  if (config.dataFormat === 'channelsFirst') return padLastAxes(context);
  const given = config.padding as [[number, number], [number, number]];
  const [x] = raw;
  const before = x!.padding ?? [
    [0, 0],
    [0, 0],
  ];
  const padding = given.map(
    (pair, axis) => [pair[0] + before[axis]![0], pair[1] + before[axis]![1]] as const,
  );
  if (padding.flat().every((amount) => amount === 0)) return x!.name;
  return [{ name: x!.name, shape: call.outputs[0]!.shape, padding }];
};

/** In the format channelsFirst zeros are put along the last two axes, whatever these are: with images, of channels too. */
function padLastAxes({ emitter, name, config, inputs }: Context): string {
  const pairs = config.padding as readonly (readonly [number, number])[];
  const order = orderOf(4);
  const along = (side: 0 | 1) => order.map((axis) => (axis < 2 ? 0 : pairs[axis - 2]![side]));
  const pads = emitter.integers([...along(0), ...along(1)]);
  return emitter.one('Pad', name, [inputs[0]!.name, pads], [{ name: 'mode', text: 'constant' }]);
}

/** Layers that move numbers, and those that do nothing once a network is trained. */
export const shaping: Readonly<Record<string, Converter>> = {
  Flatten: flatten,
  Reshape: reshape,
  Permute: permute,
  RepeatVector: repeat,
  Cropping2D: crop,
  ZeroPadding2D: pad,
};

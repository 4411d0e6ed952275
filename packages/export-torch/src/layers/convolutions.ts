import { type Context, each, type LayerWriter, moved, tuple, type Weight } from '../writer';
import { activate } from './activations';

/** Zeros around an image in PyTorch's order: left, right, top, bottom. */
export type Zeros = readonly [number, number, number, number];

/** What `same` means in numbers; PyTorch's own is refused at strides, and `padding=1` is something else. */
export function zerosAround(context: Context, sizes: readonly number[], strides: readonly number[]): Zeros {
  const { config, inputs } = context;
  if (config.dataFormat === 'channelsFirst')
    context.refuse('it is in the format channelsFirst', 'Build the network with channelsLast.');
  if (config.padding !== 'same') return [0, 0, 0, 0];
  const dilation = each(config.dilationRate);
  const [rows, columns] = [0, 1].map((axis): [number, number] => {
    const extent = (sizes[axis]! - 1) * dilation[axis]! + 1;
    const side = inputs[0]!.shape[axis + 1]!;
    if (side === null && strides[axis]! > 1)
      context.refuse('padding "same" at a stride depends on a size that is open', 'Fix the input size.');
    const total =
      side === null
        ? extent - 1
        : Math.max(0, (Math.ceil(side / strides[axis]!) - 1) * strides[axis]! + extent - side);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  }) as [[number, number], [number, number]];
  return [...columns, ...rows];
}

/** Padding of a module where it is even and the same at every use, else a line of zeros before it. */
function padded(
  context: Context,
  x: string,
  [left, right, top, bottom]: Zeros,
): { x: string; padding: string } {
  if (left === right && top === bottom && !context.shared) return { x, padding: tuple([top, left]) };
  if (left + right + top + bottom === 0) return { x, padding: '0' };
  return { x: context.line(`F.pad(${x}, ${tuple([left, right, top, bottom])})`), padding: '0' };
}

function withBias(context: Context, weight: Weight): Record<string, Weight> {
  const bias = context.weight('bias');
  return bias ? { weight, bias } : { weight };
}

const bias = (context: Context) => `bias=${context.weight('bias') ? 'True' : 'False'}`;

function convolution(context: Context, kernel: Weight, groups: number, part = '', last = true): string {
  const [kh, kw] = kernel.shape as [number, number];
  const strides = each(context.config.strides);
  const { x, padding } = padded(context, context.inputs[0]!.name, zerosAround(context, [kh, kw], strides));
  // [kh, kw, cin, cout] to [cout, cin, kh, kw]; with one channel a group [kh, kw, cin, multiplier] to [cin * multiplier, 1, …].
  const turned = groups === 1 ? moved(kernel, [3, 2, 0, 1]) : moved(kernel, [2, 3, 0, 1]);
  const weight =
    groups === 1 ? turned : { ...turned, shape: [turned.shape[0]! * turned.shape[1]!, 1, kh, kw] };
  const code = `nn.Conv2d(${kernel.shape[2]}, ${weight.shape[0]}, ${tuple([kh, kw])}, stride=${tuple(strides)}, padding=${padding}, dilation=${tuple(each(context.config.dilationRate))}, groups=${groups}, ${last ? bias(context) : 'bias=False'})`;
  const module = context.module(part, code, last ? withBias(context, weight) : { weight });
  return context.line(`${module}(${x})`);
}

/** Convolutions. */
export const convolutions: Readonly<Record<string, LayerWriter>> = {
  Conv2D: (context) => activate(context, convolution(context, context.weight('kernel')!, 1)),
  DepthwiseConv2D: (context) => {
    const kernel = context.weight('depthwise_kernel')!;
    return activate(context, convolution(context, kernel, kernel.shape[2]!));
  },
  SeparableConv2D: (context) => {
    const kernel = context.weight('depthwise_kernel')!;
    const between = convolution(context, kernel, kernel.shape[2]!, 'depthwise', false);
    const weight = moved(context.weight('pointwise_kernel')!, [3, 2, 0, 1]);
    const code = `nn.Conv2d(${weight.shape[1]}, ${weight.shape[0]}, 1, ${bias(context)})`;
    const module = context.module('pointwise', code, withBias(context, weight));
    return activate(context, context.line(`${module}(${between})`));
  },
  Conv2DTranspose: (context) => {
    const { config } = context;
    if (config.dataFormat === 'channelsFirst')
      context.refuse('it is in the format channelsFirst', 'Build the network with channelsLast.');
    const kernel = context.weight('kernel')!;
    const [kh, kw, cout, cin] = kernel.shape as [number, number, number, number];
    const strides = each(config.strides);
    // PyTorch cuts as much before as behind: what is uneven is cut by a slice.
    const total = [kh, kw].map((size, axis) =>
      config.padding === 'same' ? Math.max(0, size - strides[axis]!) : 0,
    );
    const more = [kh, kw].map((size, axis) => Math.max(0, strides[axis]! - size));
    const even = total.every((sum) => sum % 2 === 0);
    const padding = even ? tuple(total.map((sum) => sum / 2)) : '0';
    const code = `nn.ConvTranspose2d(${cin}, ${cout}, ${tuple([kh, kw])}, stride=${tuple(strides)}, padding=${padding}, output_padding=${tuple(more)}, ${bias(context)})`;
    const module = context.module('', code, withBias(context, moved(kernel, [3, 2, 0, 1])));
    const y = context.line(`${module}(${context.inputs[0]!.name})`);
    if (even) return activate(context, y);
    const cut = total.map((sum) => [Math.floor(sum / 2), Math.ceil(sum / 2)] as const);
    const slices = cut.map(([before, behind]) => `${before}:${behind === 0 ? '' : -behind}`);
    return activate(context, context.line(`${y}[:, :, ${slices.join(', ')}]`));
  },
};

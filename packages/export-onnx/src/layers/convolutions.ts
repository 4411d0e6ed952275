import type { Context, Converter, ReadWeight, Value } from '../emitter';
import { transposed } from '../layout';
import { each, padsOf, type SpacePadding, spacePadding } from '../padding';
import { activate } from './activation-layers';

/** The image of a convolution, and zeros around it that became the convolution's own. */
interface Taken {
  readonly x: Value;
  readonly around: SpacePadding;
}

/** Takes zeros that a layer before has put around the image, as convolutions add the same ones. */
function taken(context: Context, axes: number): Taken {
  const [raw] = context.raw;
  if (raw!.padding) return { x: raw!, around: raw!.padding };
  return { x: context.inputs[0]!, around: Array.from({ length: axes }, () => [0, 0] as const) };
}

const plus = (a: SpacePadding, b: SpacePadding): SpacePadding =>
  a.map(([before, behind], axis) => [before + b[axis]![0], behind + b[axis]![1]] as const);

function refuseChannelsFirst(context: Context): void {
  if (context.config.dataFormat === 'channelsFirst')
    context.refuse('it is in the format channelsFirst', 'Build the network with channelsLast.');
}

/** `[..., cin, cout]` to `[cout, cin, ...]`. */
function outputFirst({ shape, data }: ReadWeight): ReadWeight {
  const axes = shape.length - 2;
  const order = [axes + 1, axes, ...Array.from({ length: axes }, (_, axis) => axis)];
  return { shape: order.map((axis) => shape[axis]!), data: transposed(data, shape, order) };
}

/** `[kh, kw, cin, multiplier]` to `[cin * multiplier, 1, kh, kw]`. */
function channelFirst({ shape, data }: ReadWeight): ReadWeight {
  const [kh, kw, cin, multiplier] = shape as [number, number, number, number];
  return { shape: [cin * multiplier, 1, kh, kw], data: transposed(data, shape, [2, 3, 0, 1]) };
}

interface ConvolutionForm {
  readonly x: string;
  readonly kernel: string;
  readonly bias: readonly string[];
  readonly strides: readonly number[];
  readonly dilation: readonly number[];
  readonly pads: SpacePadding;
  readonly group: number;
}

function convolve({ emitter }: Context, name: string, form: ConvolutionForm): string {
  return emitter.one(
    'Conv',
    name,
    [form.x, form.kernel, ...form.bias],
    [
      { name: 'strides', integers: form.strides },
      { name: 'dilations', integers: form.dilation },
      { name: 'pads', integers: padsOf(form.pads) },
      { name: 'group', integer: form.group },
    ],
  );
}

/** The window of a layer's config over so many axes. */
function windowOf({ config }: Context, sizes: readonly number[]) {
  const axes = sizes.length;
  const strides = each(config.strides, axes);
  return { sizes, strides, dilation: each(config.dilationRate, axes), padding: config.padding };
}

const convolution: Converter = (context) => {
  refuseChannelsFirst(context);
  const { shape } = context.weight('kernel')!;
  const sizes = shape.slice(0, -2);
  const window = windowOf(context, sizes);
  const { x, around } = taken(context, sizes.length);
  const own = spacePadding(context, window, x.shape.slice(1, -1));
  const turned = x.shape.length === 3 ? turn(context, x.name, 'in') : x.name;
  const y = convolve(context, context.name, {
    x: turned,
    kernel: context.kernel('kernel', '', outputFirst, 0),
    bias: context.bias('kernel'),
    ...window,
    pads: plus(own, around),
    group: 1,
  });
  return activate(context, x.shape.length === 3 ? turn(context, y, 'out') : y);
};

/** Sequences lie as in tfjs, so that channels come first for the convolution alone. */
function turn({ emitter, name }: Context, x: string, which: string): string {
  return emitter.one('Transpose', `${name}/${which}`, [x], [{ name: 'perm', integers: [0, 2, 1] }]);
}

const depthwise: Converter = (context) => {
  refuseChannelsFirst(context);
  const { shape } = context.weight('depthwise_kernel')!;
  const window = windowOf(context, shape.slice(0, 2));
  const { x, around } = taken(context, 2);
  const y = convolve(context, context.name, {
    x: x.name,
    kernel: context.kernel('depthwise_kernel', '', channelFirst, 0),
    bias: context.bias('depthwise_kernel'),
    ...window,
    pads: plus(spacePadding(context, window, x.shape.slice(1, 3)), around),
    group: shape[2]!,
  });
  return activate(context, y);
};

const separable: Converter = (context) => {
  refuseChannelsFirst(context);
  const { shape } = context.weight('depthwise_kernel')!;
  const window = windowOf(context, shape.slice(0, 2));
  const { x, around } = taken(context, 2);
  const between = convolve(context, `${context.name}/depthwise`, {
    x: x.name,
    kernel: context.kernel('depthwise_kernel', '', channelFirst, 0),
    bias: [],
    ...window,
    pads: plus(spacePadding(context, window, x.shape.slice(1, 3)), around),
    group: shape[2]!,
  });
  const none = [[0, 0] as const, [0, 0] as const];
  const y = convolve(context, context.name, {
    x: between,
    kernel: context.kernel('pointwise_kernel', '', outputFirst, 0),
    // What is between the two convolutions is no whole number, and so is no bias.
    bias: context.weight('bias') ? [context.constant('bias', '', (bias) => bias)] : [],
    strides: [1, 1],
    dilation: [1, 1],
    pads: none,
    group: 1,
  });
  return activate(context, y);
};

const transposedConvolution: Converter = (context) => {
  refuseChannelsFirst(context);
  const { emitter, name, config, inputs } = context;
  const { shape } = context.weight('kernel')!;
  const sizes = shape.slice(0, 2);
  const strides = each(config.strides, 2);
  if (each(config.dilationRate, 2).some((rate) => rate !== 1))
    context.refuse('TensorFlow.js leaves its dilation out', 'Build it without.');
  // Of a side i tfjs makes i * stride, and with "valid" what the window reaches beyond that.
  const total = sizes.map((size, axis) =>
    config.padding === 'same' ? Math.max(0, size - strides[axis]!) : 0,
  );
  const y = emitter.one(
    'ConvTranspose',
    name,
    [
      inputs[0]!.name,
      // [kh, kw, cout, cin] to [cin, cout, kh, kw].
      context.kernel(
        'kernel',
        '',
        ({ shape, data }) => ({
          shape: [3, 2, 0, 1].map((axis) => shape[axis]!),
          data: transposed(data, shape, [3, 2, 0, 1]),
        }),
        1,
      ),
      ...context.bias('kernel'),
    ],
    [
      { name: 'strides', integers: strides },
      { name: 'dilations', integers: [1, 1] },
      { name: 'group', integer: 1 },
      {
        name: 'pads',
        integers: padsOf(total.map((sum) => [Math.floor(sum / 2), Math.ceil(sum / 2)] as const)),
      },
      // Where windows do not meet, what lies between the last one and the next that would be.
      { name: 'output_padding', integers: sizes.map((size, axis) => Math.max(0, strides[axis]! - size)) },
    ],
  );
  return activate(context, y);
};

/** Convolutions of all kinds. */
export const convolutions: Readonly<Record<string, Converter>> = {
  Conv1D: convolution,
  Conv2D: convolution,
  Conv3D: convolution,
  DepthwiseConv2D: depthwise,
  SeparableConv2D: separable,
  Conv2DTranspose: transposedConvolution,
};

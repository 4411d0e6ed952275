import {
  type Context,
  channelsFirst,
  channelsLast,
  each,
  type LayerWriter,
  moved,
  tuple,
  type Value,
} from '../writer';
import { activate } from './activations';
import { zerosAround } from './convolutions';

const of = (context: Context, code: (x: string) => string) => context.line(code(context.inputs[0]!.name));

const isImage = ({ shape }: Pick<Value, 'shape'>) => shape.length === 4;

function imagesOrVectors(context: Context): void {
  const rank = context.inputs[0]!.shape.length;
  if (rank !== 2 && rank !== 4)
    context.refuse(`its input has ${rank} axes`, 'Layers on images and vectors can be written.');
}

const dense: LayerWriter = (context) => {
  const kernel = context.weight('kernel')!;
  const bias = context.weight('bias');
  const weight = moved(kernel, [1, 0]);
  const code = `nn.Linear(${kernel.shape[0]}, ${kernel.shape[1]}, bias=${bias ? 'True' : 'False'})`;
  const module = context.module('', code, bias ? { weight, bias } : { weight });
  const image = isImage(context.inputs[0]!);
  return activate(
    context,
    of(context, (x) => (image ? `${module}(${x}${channelsLast})${channelsFirst}` : `${module}(${x})`)),
  );
};

const batchNorm: LayerWriter = (context) => {
  imagesOrVectors(context);
  const { config, inputs } = context;
  const rank = inputs[0]!.shape.length;
  const axis = Array.isArray(config.axis)
    ? (config.axis[0] as number)
    : ((config.axis as number | undefined) ?? -1);
  if (axis !== -1 && axis !== rank - 1)
    context.refuse('it is not along the channels', 'Put it along the last axis.');
  const mean = context.weight('moving_mean')!;
  const constant = (value: number) => ({ shape: mean.shape, data: mean.data.slice().fill(value) });
  const code = `nn.BatchNorm${rank === 4 ? '2' : '1'}d(${mean.shape[0]}, eps=${(config.epsilon as number | undefined) ?? 1e-3}, momentum=${1 - ((config.momentum as number | undefined) ?? 0.99)})`;
  const module = context.module('', code, {
    weight: context.weight('gamma') ?? constant(1),
    bias: context.weight('beta') ?? constant(0),
    running_mean: mean,
    running_var: context.weight('moving_variance')!,
  });
  return of(context, (x) => `${module}(${x})`);
};

const layerNorm: LayerWriter = (context) => {
  imagesOrVectors(context);
  const { config } = context;
  const axis = Array.isArray(config.axis)
    ? (config.axis as number[])[0]
    : ((config.axis as number | undefined) ?? -1);
  const rank = context.inputs[0]!.shape.length;
  if (axis !== -1 && axis !== rank - 1)
    context.refuse('it is not along the channels', 'Put it along the last axis.');
  const width = context.inputs[0]!.shape.at(-1)!;
  const constant = (value: number) => ({ shape: [width], data: new Float32Array(width).fill(value) });
  const code = `nn.LayerNorm(${width}, eps=${(config.epsilon as number | undefined) ?? 1e-3})`;
  const tensors = {
    weight: context.weight('gamma') ?? constant(1),
    bias: context.weight('beta') ?? constant(0),
  };
  const module = context.module('', code, tensors);
  return of(context, (x) =>
    rank === 4 ? `${module}(${x}${channelsLast})${channelsFirst}` : `${module}(${x})`,
  );
};

const pooling =
  (kind: 'max' | 'average'): LayerWriter =>
  (context) => {
    const size = each(context.config.poolSize);
    const strides = each(context.config.strides ?? context.config.poolSize);
    const around = zerosAround(context, size, strides);
    const numbers = `${tuple(size)}, ${tuple(strides)}, ${tuple(around)}`;
    return of(context, (x) => `${kind}_pool(${x}, ${numbers})`);
  };

const globally =
  (operation: string): LayerWriter =>
  (context) =>
    of(context, (x) => `${x}.${operation}(dim=(2, 3))`);

const merging =
  (code: (inputs: readonly string[], context: Context) => string): LayerWriter =>
  (context) => {
    const ranks = new Set(context.inputs.map(({ shape }) => shape.length));
    if (ranks.size > 1)
      context.refuse('its inputs have different numbers of axes', 'Put a Reshape layer before it.');
    return context.line(
      code(
        context.inputs.map(({ name }) => name),
        context,
      ),
    );
  };

/** In TensorFlow.js's order of axes, as numbers stand there one after the other. */
const inOrder = ({ name, shape }: Value) => (shape.length === 4 ? `${name}${channelsLast}` : name);

const reshape: LayerWriter = (context) => {
  const { shape } = context.call.outputs[0]!;
  const [input] = context.inputs;
  if (input!.shape.length > 4 || shape.length > 4)
    context.refuse('it has more than four axes', 'Use up to four.');
  const sides = [`${input!.name}.shape[0]`, ...shape.slice(1).map((side) => side ?? -1)].join(', ');
  return context.line(`${inOrder(input!)}.reshape(${sides})${shape.length === 4 ? channelsFirst : ''}`);
};

const zeroPadding: LayerWriter = (context) => {
  const [[a, b], [c, d]] = context.config.padding as [[number, number], [number, number]];
  // In the format channelsFirst the last two axes are meant, which are columns and channels.
  const amounts = context.config.dataFormat === 'channelsFirst' ? [a, b, 0, 0, c, d] : [c, d, a, b];
  return of(context, (x) => `F.pad(${x}, ${tuple(amounts)})`);
};

const cropping: LayerWriter = (context) => {
  if (context.config.dataFormat === 'channelsFirst')
    context.refuse('it is in the format channelsFirst', 'Build the network with channelsLast.');
  const pairs = context.config.cropping as [[number, number], [number, number]];
  const slices = pairs.map(([before, behind]) => `${before}:${behind === 0 ? '' : -behind}`);
  return of(context, (x) => `${x}[:, :, ${slices.join(', ')}]`);
};

const upsampling: LayerWriter = (context) => {
  if (context.config.dataFormat === 'channelsFirst')
    context.refuse('it is in the format channelsFirst', 'Build the network with channelsLast.');
  if (context.config.interpolation === 'bilinear')
    context.refuse(
      "TensorFlow.js's bilinear upsampling is none of PyTorch's",
      'Use nearest, or OverparamResizeAligned.',
    );
  const [height, width] = context.config.size as [number, number];
  return of(context, (x) => `${x}.repeat_interleave(${height}, dim=2).repeat_interleave(${width}, dim=3)`);
};

const pass: LayerWriter = ({ inputs }) => inputs[0]!.name;

/** All other layers. */
export const otherLayers: Readonly<Record<string, LayerWriter>> = {
  Dense: dense,
  BatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
  MaxPooling2D: pooling('max'),
  AveragePooling2D: pooling('average'),
  GlobalAveragePooling2D: globally('mean'),
  GlobalMaxPooling2D: globally('amax'),
  Add: merging((inputs) => inputs.join(' + ')),
  Multiply: merging((inputs) => inputs.join(' * ')),
  Average: merging((inputs) => `(${inputs.join(' + ')}) / ${inputs.length}`),
  Maximum: merging((inputs) => inputs.reduce((a, b) => `torch.maximum(${a}, ${b})`)),
  Minimum: merging((inputs) => inputs.reduce((a, b) => `torch.minimum(${a}, ${b})`)),
  Concatenate: merging((inputs, { config, call }) => {
    const rank = call.outputs[0]!.shape.length;
    const given = (config.axis as number | undefined) ?? -1;
    const axis = given < 0 ? rank + given : given;
    const turned = rank === 4 ? [0, 2, 3, 1][axis]! : axis;
    return `torch.cat([${inputs.join(', ')}], dim=${turned})`;
  }),
  Flatten: (context) => context.line(`${inOrder(context.inputs[0]!)}.flatten(1)`),
  Reshape: reshape,
  ZeroPadding2D: zeroPadding,
  Cropping2D: cropping,
  UpSampling2D: upsampling,
  Rescaling: (context) =>
    of(
      context,
      (x) => `${x} * ${context.config.scale as number} + ${(context.config.offset as number) ?? 0}`,
    ),
  OverparamMaxPoolWithPlaces: (context) => {
    const values = of(context, (x) => `F.max_pool2d(${x}, 2, return_indices=True)`);
    return [context.line(`${values}[0]`), context.line(`${values}[1]`)];
  },
  OverparamMaxUnpool: ({ line, inputs: [values, places] }) =>
    line(`F.max_unpool2d(${values!.name}, ${places!.name}, 2)`),
  OverparamResizeAligned: (context) => {
    const { height, width } = context.config as { height: number; width: number };
    return of(
      context,
      (x) => `F.interpolate(${x}, size=(${height}, ${width}), mode='bilinear', align_corners=True)`,
    );
  },
  OverparamResizeHalfPixel: (context) => {
    const { height, width, factor } = context.config as Partial<Record<string, unknown>>;
    const sides = (factor as number[] | null)
      ? (x: string) => (factor as number[]).map((times, axis) => `${x}.shape[${axis + 2}] * ${times}`)
      : () => [height, width];
    return of(
      context,
      (x) => `F.interpolate(${x}, size=(${sides(x).join(', ')}), mode='bilinear', align_corners=False)`,
    );
  },
  OverparamUnitLength: (context) =>
    of(context, (x) => `unit_length(${x}, ${isImage(context.inputs[0]!) ? 1 : -1})`),
  OverparamWeightedSum: (context) => {
    const factors = context.weight('factors')!;
    const module = context.module('', `Factors(${factors.shape[0]})`, { factors });
    return context.line(
      context.inputs.map(({ name }, index) => `${module}.factors[${index}] * ${name}`).join(' + '),
    );
  },
  OverparamGatedSum: (context) => {
    const [weights, ...given] = context.inputs;
    const axes = given[0]!.shape.slice(1).map(() => 'None');
    return context.line(
      given
        .map(({ name }, index) => `${weights!.name}[:, ${[index, ...axes].join(', ')}] * ${name}`)
        .join(' + '),
    );
  },
  OverparamLearnedVector: (context) => {
    const vector = context.weight('vector')!;
    return context.line(`${context.module('', `Vector(${vector.shape[0]})`, { vector })}()`);
  },
  OverparamExpertSelection: (context) => {
    const [z, w] = context.inputs;
    return context.line(`expert_selection(${z!.name}, ${w!.name}, ${context.config.gamma as number})`);
  },
  ActivityRegularization: pass,
  AlphaDropout: pass,
  Dropout: pass,
  GaussianDropout: pass,
  GaussianNoise: pass,
};

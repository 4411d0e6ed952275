import type { Context, Converter } from '../emitter';

const unfit = 'Build the network with a fixed input size.';

/** Sides that an image is to have, behind the batch and channels that it has: an int64 tensor. */
function sizes({ emitter, name, inputs }: Context, height: number, width: number): string {
  const [n, , , c] = inputs[0]!.shape;
  if (n !== null) return emitter.integers([n!, c!, height, width]);
  const shape = emitter.one('Shape', `${name}/shape`, [inputs[0]!.name]);
  const outer = emitter.one('Slice', `${name}/outer`, [shape, emitter.integers([0]), emitter.integers([2])]);
  return emitter.one(
    'Concat',
    `${name}/sizes`,
    [outer, emitter.integers([height, width])],
    [{ name: 'axis', integer: 0 }],
  );
}

const upSample: Converter = (context) => {
  const { emitter, name, config, inputs } = context;
  if (config.dataFormat === 'channelsFirst')
    context.refuse('it is in the format channelsFirst', 'Build the network with channelsLast.');
  const [height, width] = config.size as [number, number];
  const linear = config.interpolation === 'bilinear';
  const scales = emitter.floats(`scales ${height},${width}`, [4], Float32Array.of(1, 1, height, width));
  return emitter.one(
    'Resize',
    name,
    [inputs[0]!.name, '', scales],
    [
      { name: 'mode', text: linear ? 'linear' : 'nearest' },
      { name: 'coordinate_transformation_mode', text: 'asymmetric' },
      ...(linear ? [] : [{ name: 'nearest_mode', text: 'floor' }]),
    ],
  );
};

const aligned: Converter = (context) => {
  const { emitter, name, config, inputs } = context;
  const [, h, w] = inputs[0]!.shape;
  const [height, width] = [config.height as number, config.width as number];
  if (h === height && w === width) return inputs[0]!.name;
  return emitter.one(
    'Resize',
    name,
    [inputs[0]!.name, '', '', sizes(context, height, width)],
    [
      { name: 'mode', text: 'linear' },
      { name: 'coordinate_transformation_mode', text: 'align_corners' },
    ],
  );
};

/** ONNX's `pytorch_half_pixel` takes the first pixel for an image of one, and PyTorch the middle, as `half_pixel` does. */
const halfPixel: Converter = (context) => {
  const { emitter, name, config, inputs } = context;
  const attributes = [
    { name: 'mode', text: 'linear' },
    { name: 'coordinate_transformation_mode', text: 'half_pixel' },
  ];
  const factor = config.factor as readonly [number, number] | null | undefined;
  if (factor) {
    const scales = emitter.floats(`scales ${factor.join(',')}`, [4], Float32Array.of(1, 1, ...factor));
    return emitter.one('Resize', name, [inputs[0]!.name, '', scales], attributes);
  }
  const wanted = sizes(context, config.height as number, config.width as number);
  return emitter.one('Resize', name, [inputs[0]!.name, '', '', wanted], attributes);
};

const poolWithPlaces: Converter = ({ emitter, name, inputs, call }) => {
  const window = [2, 2];
  const [values, places] = emitter.node(
    'MaxPool',
    name,
    [inputs[0]!.name],
    [
      { name: 'kernel_shape', integers: window },
      { name: 'strides', integers: window },
    ],
    2,
  );
  return [{ name: values! }, { name: places!, shape: call.outputs[1]!.shape, places: true }];
};

const unpool: Converter = (context) => {
  const { emitter, name, raw, inputs, call } = context;
  const places = raw[1]!;
  if (!places.places)
    context.refuse(
      'its places do not come from a pooling layer',
      'Connect it with OverparamMaxPoolWithPlaces.',
    );
  const [, h, w] = call.outputs[0]!.shape;
  if (h === null || w === null) context.refuse('its size is open', unfit);
  return emitter.one(
    'MaxUnpool',
    name,
    [inputs[0]!.name, places.name],
    [
      { name: 'kernel_shape', integers: [2, 2] },
      { name: 'strides', integers: [2, 2] },
    ],
  );
};

/** Images that become larger, and pooling that can be undone. */
export const resizing: Readonly<Record<string, Converter>> = {
  UpSampling2D: upSample,
  OverparamResizeAligned: aligned,
  OverparamResizeHalfPixel: halfPixel,
  OverparamMaxPoolWithPlaces: poolWithPlaces,
  OverparamMaxUnpool: unpool,
};

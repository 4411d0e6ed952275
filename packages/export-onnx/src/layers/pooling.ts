import type { Context, Converter } from '../emitter';
import { each, padsOf, type SpacePadding, spacePadding } from '../padding';
import { withZerosForMaximum } from '../zeros';

const average: readonly string[] = ['AveragePooling1D', 'AveragePooling2D', 'AveragePooling3D'];

const pooling: Converter = (context) => {
  const { emitter, name, config, call } = context;
  const isAverage = average.includes(call.layer.getClassName());
  const sides = call.inputs[0]!.shape.slice(1, -1);
  const sizes = each(config.poolSize, sides.length);
  const strides = each(config.strides ?? config.poolSize, sides.length);
  const ones = sides.map(() => 1);
  const pads = spacePadding(context, { sizes, strides, dilation: ones, padding: config.padding }, sides);
  const taken = isAverage ? null : zerosOfRectified(context, sizes, pads);
  const x = isAverage
    ? context.inputs[0]
    : taken
      ? context.raw[0]
      : withZerosForMaximum(emitter, context.raw[0]!);
  const sequence = sides.length === 1;
  const turn = (y: string, which: string) =>
    sequence ? emitter.one('Transpose', `${name}/${which}`, [y], [{ name: 'perm', integers: [0, 2, 1] }]) : y;
  const y = emitter.one(
    isAverage ? 'AveragePool' : 'MaxPool',
    name,
    [turn(x!.name, 'in')],
    [
      { name: 'kernel_shape', integers: sizes },
      { name: 'strides', integers: strides },
      { name: 'pads', integers: padsOf(taken ?? pads) },
      // TensorFlow divides by the pixels that there are.
      ...(isAverage ? [{ name: 'count_include_pad', integer: 0 }] : []),
    ],
  );
  return turn(y, 'out');
};

/**
 * Zeros around an image as max-pooling's own padding, where that is the same: behind a ReLU or on a grid from zero on, and where every window holds
 * a pixel. Null elsewhere.
 */
function zerosOfRectified(
  { emitter, raw }: Context,
  sizes: readonly number[],
  pads: SpacePadding,
): SpacePadding | null {
  const { name, padding, grid } = raw[0]!;
  const rectified =
    grid?.zeroPoint === 0 ||
    emitter.nodes.some(({ operator, outputs }) => operator === 'Relu' && outputs[0] === name);
  const held = padding?.every((pair, axis) => Math.max(...pair) < sizes[axis]!);
  if (!padding || !rectified || !held || pads.flat().some((amount) => amount > 0)) return null;
  return padding;
}

const overImage =
  (operator: string): Converter =>
  ({ emitter, name, inputs }: Context) => {
    const pooled = emitter.one(operator, `${name}/pooled`, [inputs[0]!.name]);
    return emitter.one('Flatten', name, [pooled], [{ name: 'axis', integer: 1 }]);
  };

const overSequence =
  (operator: string): Converter =>
  ({ emitter, name, inputs }: Context) =>
    emitter.one(
      operator,
      name,
      [inputs[0]!.name],
      [
        { name: 'axes', integers: [1] },
        { name: 'keepdims', integer: 0 },
      ],
    );

/** Pooling of windows and of all. */
export const poolings: Readonly<Record<string, Converter>> = {
  MaxPooling1D: pooling,
  MaxPooling2D: pooling,
  MaxPooling3D: pooling,
  AveragePooling1D: pooling,
  AveragePooling2D: pooling,
  AveragePooling3D: pooling,
  GlobalAveragePooling1D: overSequence('ReduceMean'),
  GlobalMaxPooling1D: overSequence('ReduceMax'),
  GlobalAveragePooling2D: overImage('GlobalAveragePool'),
  GlobalMaxPooling2D: overImage('GlobalMaxPool'),
};

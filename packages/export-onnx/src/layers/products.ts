import type { Context, Converter } from '../emitter';
import { axisOf, isTurned, transposed } from '../layout';
import { activate } from './activation-layers';

const matrix = (context: Context) => context.kernel('kernel', '', (kernel) => kernel, 1);

const dense: Converter = (context) => {
  const { emitter, name, inputs } = context;
  const [x] = inputs;
  const rank = x!.shape.length;
  const bias = context.bias('kernel');
  if (isTurned(rank)) {
    // On images and volumes a product along the channels is a convolution of one pixel.
    const kernel = context.kernel(
      'kernel',
      'pixel',
      ({ shape: [cin, cout], data }) => ({
        shape: [cout!, cin!, ...new Array<number>(rank - 2).fill(1)],
        data: transposed(data, [cin!, cout!], [1, 0]),
      }),
      0,
    );
    return activate(context, emitter.one('Conv', name, [x!.name, kernel, ...bias]));
  }
  if (rank === 2 && bias.length > 0)
    return activate(context, emitter.one('Gemm', name, [x!.name, matrix(context), ...bias]));
  const product = emitter.one('MatMul', bias.length > 0 ? `${name}/product` : name, [
    x!.name,
    matrix(context),
  ]);
  return activate(context, bias.length > 0 ? emitter.one('Add', name, [product, ...bias]) : product);
};

const embedding: Converter = ({ emitter, name, inputs, constant }) => {
  const whole = emitter.one('Cast', `${name}/index`, [inputs[0]!.name], [{ name: 'to', integer: 7 }]);
  return emitter.one(
    'Gather',
    name,
    [constant('embeddings', '', (table) => table), whole],
    [{ name: 'axis', integer: 0 }],
  );
};

const rescaling: Converter = ({ emitter, name, inputs, config }) => {
  const scaled = emitter.one('Mul', `${name}/scaled`, [
    inputs[0]!.name,
    emitter.number(config.scale as number),
  ]);
  return emitter.one('Add', name, [scaled, emitter.number((config.offset as number | undefined) ?? 0)]);
};

/** A shape that lets a vector along one axis be added to a tensor. */
function shapeAlong(rank: number, axis: number, length: number): number[] {
  const at = axisOf(rank, axis);
  // Leading ones may go: shapes are aligned at their ends.
  return Array.from({ length: rank }, (_, other) => (other === at ? length : 1)).slice(at);
}

const batchNorm: Converter = (context) => {
  const { emitter, name, config, inputs } = context;
  const { shape } = inputs[0]!;
  const given = Array.isArray(config.axis) ? (config.axis[0] as number) : (config.axis as number | undefined);
  const axis = given ?? -1;
  const mean = context.weight('moving_mean')!;
  const filled = (value: number) => ({ shape: mean.shape, data: mean.data.slice().fill(value) });
  const gamma = context.weight('gamma') ?? filled(1);
  const beta = context.weight('beta') ?? filled(0);
  const epsilon = (config.epsilon as number | undefined) ?? 1e-3;
  const length = mean.shape[0]!;
  if (axisOf(shape.length, axis) === 1) {
    const constants = [
      context.constant('moving_mean', 'gamma', () => gamma),
      context.constant('moving_mean', 'beta', () => beta),
      context.constant('moving_mean', '', () => mean),
      context.constant('moving_variance', '', (variance) => variance),
    ];
    return emitter.one(
      'BatchNormalization',
      name,
      [inputs[0]!.name, ...constants],
      [{ name: 'epsilon', float: epsilon }],
    );
  }
  // ONNX's own norm is along the second axis only: the same as a factor and a shift.
  const variance = context.weight('moving_variance')!;
  const factor = gamma.data.map((value, index) => value / Math.sqrt(variance.data[index]! + epsilon));
  const shift = beta.data.map((value, index) => value - mean.data[index]! * factor[index]!);
  const sides = shapeAlong(shape.length, axis, length);
  const scaled = emitter.one('Mul', `${name}/scaled`, [
    inputs[0]!.name,
    context.constant('moving_variance', 'factor', () => ({ shape: sides, data: factor })),
  ]);
  return emitter.one('Add', name, [
    scaled,
    context.constant('moving_mean', 'shift', () => ({ shape: sides, data: shift })),
  ]);
};

const layerNorm: Converter = (context) => {
  const { emitter, name, config, inputs } = context;
  const [x] = inputs;
  const rank = x!.shape.length;
  const axes = (
    Array.isArray(config.axis) ? (config.axis as number[]) : [(config.axis as number | undefined) ?? -1]
  ).map((axis) => (axis < 0 ? rank + axis : axis));
  const at = axes.map((axis) => axisOf(rank, axis));
  const mean = (of: string, part: string) =>
    emitter.one(
      'ReduceMean',
      `${name}/${part}`,
      [of],
      [
        { name: 'axes', integers: [...at].sort((a, b) => a - b) },
        { name: 'keepdims', integer: 1 },
      ],
    );
  const centred = emitter.one('Sub', `${name}/centred`, [x!.name, mean(x!.name, 'mean')]);
  const variance = mean(emitter.one('Mul', `${name}/square`, [centred, centred]), 'variance');
  const above = emitter.one('Add', `${name}/above`, [
    variance,
    emitter.number((config.epsilon as number | undefined) ?? 1e-3),
  ]);
  let y = emitter.one('Div', `${name}/normed`, [centred, emitter.one('Sqrt', `${name}/deviation`, [above])]);
  for (const [weight, operator] of [
    ['gamma', 'Mul'],
    ['beta', 'Add'],
  ] as const) {
    if (!context.weight(weight)) continue;
    const constant = context.constant(weight, '', ({ shape, data }) => {
      if (axes.length > 1) context.refuse('it is along several axes', 'Use one along the last axis.');
      return { shape: shapeAlong(rank, axes[0]!, shape[0]!), data };
    });
    y = emitter.one(operator, `${name}/${weight}`, [y, constant]);
  }
  return y;
};

/** Products with weights, and norms. */
export const products: Readonly<Record<string, Converter>> = {
  Dense: dense,
  Embedding: embedding,
  Rescaling: rescaling,
  BatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
};

import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from '../backend/backend';
import { attribute } from '../binding/make-attribute';
import { keepingNaN } from './keeping-nan';
import type { Attributes, Kernel } from './kernel';
import { type Plan, padImage, planPadding, planValid, type Span, unpadImage } from './padding';

interface Pooling {
  readonly plan: Plan;
  readonly window: readonly number[];
  readonly strides: readonly number[];
  readonly padded: boolean;
  /** Output sizes along the image axes. */
  readonly out: readonly number[];
}

type Axis = 'Depth' | 'Height' | 'Width';
type Info = Record<`in${Axis}` | `out${Axis}` | `stride${Axis}` | `effectiveFilter${Axis}`, number> & {
  readonly padInfo: { readonly type: string; front: number; top: number; left: number };
};

/**
 * Whether windows do not reach the end. oneDNN's pooling of volumes then starts as far inside the image, where padding is
 * `SAME`.
 */
const isShort = ({ size, out, stride, window }: Span) => (out - 1) * stride + window < size;

function poolingOf(shape: readonly number[], attributes: Attributes): Pooling {
  const { filterSize, strides, pad, dimRoundingMode } = attributes as unknown as {
    filterSize: [number, number, number];
    strides: [number, number, number];
    pad: 'same';
    dimRoundingMode?: 'floor';
  };
  const solid = shape.length === 5;
  const info = (solid
    ? tf.backend_util.computePool3DInfo(
        shape as [number, number, number, number, number],
        filterSize,
        strides,
        1,
        pad,
        dimRoundingMode,
      )
    : tf.backend_util.computePool2DInfo(
        shape as [number, number, number, number],
        filterSize as unknown as [number, number],
        strides as unknown as [number, number],
        1,
        pad,
        dimRoundingMode,
      )) as unknown as Info;
  const axes: readonly (readonly [Axis, number])[] = [
    ...(solid ? [['Depth', info.padInfo.front] as const] : []),
    ['Height', info.padInfo.top],
    ['Width', info.padInfo.left],
  ];
  const spans: readonly Span[] = axes.map(([axis, before]) => ({
    size: info[`in${axis}`],
    out: info[`out${axis}`],
    stride: info[`stride${axis}`],
    window: info[`effectiveFilter${axis}`],
    before: Math.max(0, before),
  }));
  const { type } = info.padInfo;
  const short = solid && type === 'SAME' && spans.some(isShort);
  const known = type === 'SAME' || type === 'VALID' ? type : null;
  const plan: Plan = short
    ? planValid(spans)
    : known
      ? { padding: known, around: axes.map(() => [0, 0]) }
      : planPadding(spans);
  return {
    plan,
    window: [1, ...axes.map(([axis]) => info[`effectiveFilter${axis}`]), 1],
    strides: [1, ...axes.map(([axis]) => info[`stride${axis}`]), 1],
    padded: plan.around.flat().some((side) => side !== 0),
    out: axes.map(([axis]) => info[`out${axis}`]),
  };
}

const opAttributes = ({ plan, window, strides }: Pooling, solid: boolean) => [
  attribute.type('T', 'float32'),
  attribute.int('ksize', window),
  attribute.int('strides', strides),
  attribute.string('padding', plan.padding),
  attribute.string('data_format', solid ? 'NDHWC' : 'NHWC'),
];

const suffix = (solid: boolean) => (solid ? '3D' : '');
const float = (x: tf.Tensor) => (x.dtype === 'float32' ? x : tf.cast(x, 'float32'));

const maximum: Kernel = (backend, { x }, attributes) => {
  const solid = x!.rank === 5;
  const pooling = poolingOf(x!.shape, attributes);
  const image = padImage(float(x!), pooling.plan.around, 1, Number.NEGATIVE_INFINITY);
  const over = (name: 'MaxPool' | 'AvgPool', pixels: tf.Tensor) =>
    backend.executeSingleOutput(`${name}${suffix(solid)}`, opAttributes(pooling, solid), [pixels]);
  const y = over('MaxPool', image);
  if (x!.dtype !== 'float32') return tf.cast(y, x!.dtype);
  return keepingNaN(backend, image, y, (pixels) => over('AvgPool', pixels));
};

function average(backend: TensorFlowBackend, x: tf.Tensor, pooling: Pooling): tf.Tensor {
  const solid = x.rank === 5;
  const image = padImage(x, pooling.plan.around, 1);
  return backend.executeSingleOutput(`AvgPool${suffix(solid)}`, opAttributes(pooling, solid), [image]);
}

/** Share of each window that lies inside the image: averages leave padding out. */
function coverage(backend: TensorFlowBackend, shape: readonly number[], pooling: Pooling): tf.Tensor {
  const single = [1, ...shape.slice(1, -1), 1];
  return average(backend, tf.ones(single), pooling);
}

const mean: Kernel = (backend, { x }, attributes) => {
  const pooling = poolingOf(x!.shape, attributes);
  if (pooling.out.some((size) => size <= 0)) {
    return tf.zeros([x!.shape[0]!, ...pooling.out.map((size) => Math.max(0, size)), x!.shape.at(-1)!]);
  }
  const y = average(backend, float(x!), pooling);
  // A window that lies in the padding has no average: 0, as in tfjs.
  return pooling.padded ? tf.divNoNan(y, coverage(backend, x!.shape, pooling)) : y;
};

const maximumGradient: Kernel = (backend, inputs, attributes) => {
  const { dy, input } = inputs as { dy: tf.Tensor; input: tf.Tensor };
  const solid = input.rank === 5;
  const pooling = poolingOf(input.shape, attributes);
  const image = padImage(input, pooling.plan.around, 1, Number.NEGATIVE_INFINITY);
  const types = solid ? [attribute.type('TInput', 'float32')] : [];
  const options = [...opAttributes(pooling, solid), ...types];
  // In a step the same as in the forward pass, and computed once: TensorFlow finds what that has kept for the gradient.
  const known = backend.binding.recorder === null ? inputs.output : undefined;
  const output =
    known ?? backend.executeSingleOutput(`MaxPool${suffix(solid)}`, opAttributes(pooling, solid), [image]);
  const dx = backend.executeSingleOutput(`MaxPool${suffix(solid)}Grad`, options, [image, output, dy]);
  return unpadImage(dx, input.shape, pooling.plan.around, 1);
};

const meanGradient: Kernel = (backend, inputs, attributes) => {
  const { dy, input } = inputs as { dy: tf.Tensor; input: tf.Tensor };
  const solid = input.rank === 5;
  const pooling = poolingOf(input.shape, attributes);
  const shape = [...input.shape];
  pooling.plan.around.forEach(([before, after], axis) => {
    shape[axis + 1]! += before + after;
  });
  const share = pooling.padded ? tf.divNoNan(dy, coverage(backend, input.shape, pooling)) : dy;
  const dx = backend.executeSingleOutput(`AvgPool${suffix(solid)}Grad`, opAttributes(pooling, solid), [
    tf.tensor1d(shape, 'int32'),
    share,
  ]);
  return unpadImage(dx, input.shape, pooling.plan.around, 1);
};

/** Positions are those in the unpadded image, as `[y, x, channel]` or with the batch before. */
const withPositions: Kernel = (backend, { x }, attributes) => {
  const pooling = poolingOf(x!.shape, attributes);
  if (pooling.padded) {
    throw new OverparamError(
      'op-unsupported',
      `maxPoolWithArgmax was given the padding ${JSON.stringify(attributes.pad)}; expected valid or same. Pad the image with ` +
        'tf.pad beforehand.',
    );
  }
  const targmax = attribute.type('Targmax', backend.binding.TF_INT64);
  const options = [
    attribute.type('T', 'float32'),
    attribute.int('ksize', pooling.window),
    attribute.int('strides', pooling.strides),
    attribute.string('padding', pooling.plan.padding),
    attribute.bool('include_batch_in_index', attributes.includeBatchInIndex as boolean),
    targmax,
  ];
  // Unlike its plain form, TensorFlow's op lets a NaN win.
  const numbers = tf.where(tf.isNaN(x!), tf.scalar(Number.NEGATIVE_INFINITY), x!);
  const [y, wide] = backend.executeMultipleOutputs('MaxPoolWithArgmax', options, [numbers], 2);
  const positions = backend.executeSingleOutput(
    'Cast',
    [
      attribute.type('SrcT', backend.binding.TF_INT64),
      attribute.type('DstT', 'int32'),
      attribute.bool('Truncate', false),
    ],
    [wide!],
  );
  return [y!, positions];
};

/** Pooling with every padding and rounding that tfjs knows. */
export const poolingKernels: Readonly<Record<string, Kernel>> = {
  MaxPool: maximum,
  MaxPool3D: maximum,
  AvgPool: mean,
  AvgPool3D: mean,
  MaxPoolGrad: maximumGradient,
  MaxPool3DGrad: maximumGradient,
  AvgPoolGrad: meanGradient,
  AvgPool3DGrad: meanGradient,
  MaxPoolWithArgmax: withPositions,
};

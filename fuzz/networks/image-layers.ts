import * as tf from '@tensorflow/tfjs';
import type { Random } from './random';

type Layer = tf.layers.Layer;
type Symbolic = tf.SymbolicTensor;

/** Names that no other layer of a case has. */
export class Names {
  private count = 0;

  next(kind: string): string {
    return `${kind}${++this.count}`;
  }
}

/** What a case is drawn with. */
export interface Draw {
  readonly random: Random;
  readonly names: Names;
}

export const channelsOf = (x: Symbolic) => x.shape[x.shape.length - 1]!;

export function apply(layer: Layer, x: Symbolic | Symbolic[]): Symbolic {
  return layer.apply(x) as Symbolic;
}

/** Whether a layer of some extent fits into the image. */
function fits(x: Symbolic, extent: number): boolean {
  return x.shape.slice(1, 3).every((side) => side === null || side >= extent);
}

const activations = ['linear', 'relu', 'tanh', 'sigmoid', 'elu', 'relu6', 'softplus'] as const;

/** Regularisers and constraints, now and then. */
export function rules({ random }: Draw, part: string): object {
  if (!random.chance(0.06)) return {};
  return random.chance(0.5)
    ? { [`${part}Regularizer`]: random.pick(['l1l2', tf.regularizers.l2({ l2: 0.01 })]) }
    : { [`${part}Constraint`]: random.pick(['nonNeg', 'unitNorm']) };
}

/** A convolution of a random form that fits the image. */
export function convolution(draw: Draw, x: Symbolic, more: object = {}): Layer {
  const { random, names } = draw;
  const sides = [random.integer(1, 4), random.integer(1, 4)] as [number, number];
  const square = random.chance(0.7);
  const wanted = (square ? [sides[0], sides[0]] : sides) as [number, number];
  const strided = random.chance(0.3);
  const dilated = !strided && random.chance(0.2);
  const extent = (Math.max(...wanted) - 1) * (dilated ? 2 : 1) + 1;
  const kernelSize = fits(x, extent) ? wanted : 1;
  return tf.layers.conv2d({
    name: names.next('conv'),
    filters: random.pick([channelsOf(x), random.integer(1, 5)]),
    kernelSize,
    strides: strided ? (random.chance(0.7) ? 2 : [1, 2]) : 1,
    dilationRate: dilated ? 2 : 1,
    padding: random.chance(0.6) ? 'same' : 'valid',
    useBias: random.chance(0.5),
    activation: random.chance(0.6) ? 'linear' : random.pick(activations),
    ...rules(draw, 'kernel'),
    ...more,
  });
}

export function batchNorm(draw: Draw, x: Symbolic): Layer {
  const { random, names } = draw;
  return tf.layers.batchNormalization({
    name: names.next('norm'),
    axis: random.chance(0.3) ? x.shape.length - 1 : -1,
    epsilon: random.pick([1e-3, 1e-5]),
    momentum: random.pick([0.9, 0.99]),
    scale: !random.chance(0.1),
    center: !random.chance(0.1),
    ...rules(draw, random.pick(['gamma', 'beta'])),
  });
}

function otherConvolution(draw: Draw, x: Symbolic): Layer {
  const { random, names } = draw;
  const kernelSize = fits(x, 3) ? random.integer(1, 3) : 1;
  const padding = random.pick(['same', 'valid'] as const);
  const useBias = random.chance(0.5);
  const strides = random.pick([1, 2]);
  const filters = random.integer(1, 4);
  switch (random.integer(0, 2)) {
    case 0:
      return tf.layers.depthwiseConv2d({
        name: names.next('depthwise'),
        kernelSize,
        padding,
        strides,
        useBias,
        depthMultiplier: random.integer(1, 2),
        ...rules(draw, 'depthwise'),
      });
    case 1:
      return tf.layers.separableConv2d({
        name: names.next('separable'),
        filters,
        kernelSize,
        padding,
        strides,
        useBias,
      });
    default:
      return tf.layers.conv2dTranspose({
        name: names.next('transposed'),
        filters,
        kernelSize: random.integer(strides, 3),
        padding,
        strides,
        useBias,
      });
  }
}

function withoutWeights({ random, names }: Draw, x: Symbolic): Layer {
  const pools = fits(x, 2);
  switch (random.integer(0, pools ? 8 : 6)) {
    case 0:
      return tf.layers.reLU({ name: names.next('relu') });
    case 1:
      return tf.layers.activation({ name: names.next('act'), activation: random.pick(activations) });
    case 2:
      return tf.layers.leakyReLU({ name: names.next('leaky') });
    case 3:
      return tf.layers.dropout({ name: names.next('drop'), rate: random.pick([0, 0.3]) });
    case 4:
      return tf.layers.zeroPadding2d({
        name: names.next('pad'),
        padding: [
          [random.integer(0, 2), random.integer(0, 2)],
          [random.integer(0, 2), random.integer(0, 2)],
        ],
      });
    case 5:
      return tf.layers.upSampling2d({ name: names.next('up'), size: [2, 1] });
    case 6:
      return tf.layers.layerNormalization({ name: names.next('layerNorm') });
    case 7:
      return tf.layers.maxPooling2d({ name: names.next('max'), poolSize: 2, strides: random.pick([1, 2]) });
    default:
      return tf.layers.averagePooling2d({ name: names.next('mean'), poolSize: 2, padding: 'same' });
  }
}

/** One or several layers in a row. */
export function imageLayers(draw: Draw, x: Symbolic): Symbolic {
  const { random, names } = draw;
  const kind = random.next();
  if (kind < 0.6) {
    const padded =
      random.chance(0.25) &&
      apply(tf.layers.zeroPadding2d({ name: names.next('pad'), padding: random.integer(0, 2) }), x);
    const from = padded || x;
    let y = apply(convolution(draw, from, padded ? { padding: 'valid' } : {}), from);
    if (random.chance(0.6)) y = apply(batchNorm(draw, y), y);
    return random.chance(0.5) ? apply(tf.layers.reLU({ name: names.next('relu') }), y) : y;
  }
  if (kind < 0.78) {
    const y = apply(otherConvolution(draw, x), x);
    return random.chance(0.6) ? apply(batchNorm(draw, y), y) : y;
  }
  return apply(withoutWeights(draw, x), x);
}

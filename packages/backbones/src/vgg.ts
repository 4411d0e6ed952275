import { apply, convolution, norm, relu } from '@overparam/layers';
import type { Backbone, NetworkShape } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { assemble, type Plan } from './assemble';
import { type Vgg16Options, type VggSmallOptions, vgg16Options, vggSmallOptions } from './options-classic';
import { assembleSmall, shareVector, smallPlan } from './small-images';

/** Convolutions of VGG-16's five stages. */
const sixteen = [2, 2, 3, 3, 3] as const;

/** Stages of 3x3 convolutions, each ended by a 2x2 max-pooling. */
interface VggTrunk {
  readonly layers: readonly number[];
  readonly width: number;
  readonly norms: boolean;
  readonly bias: boolean;
}

function vggTrunk(image: tf.SymbolicTensor, { layers, width, norms, bias }: VggTrunk): tf.SymbolicTensor {
  let x = image;
  layers.forEach((count, index) => {
    const stage = `stage${index + 1}`;
    for (let layer = 1; layer <= count; layer++) {
      x = convolution(x, `${stage}_conv${layer}`, {
        filters: width * 2 ** Math.min(index, 3),
        size: 3,
        bias,
      });
      if (norms) x = norm(x, `${stage}_norm${layer}`);
      x = relu(x, `${stage}_relu${layer}`);
    }
    x = apply(tf.layers.maxPooling2d({ name: `${stage}_pool`, poolSize: 2, strides: 2 }), x);
  });
  return x;
}

/** The map at `grid` x `grid`, flattened, through two dense layers with ReLU and dropout. */
function hiddenLayers(
  map: tf.SymbolicTensor,
  { grid, hidden, dropout }: Pick<Vgg16Options, 'grid' | 'hidden' | 'dropout'>,
): tf.SymbolicTensor {
  let x = map;
  const window = [map.shape[1]! / grid, map.shape[2]! / grid] as [number, number];
  if (Math.max(...window) > 1)
    x = apply(tf.layers.averagePooling2d({ name: 'grid_pool', poolSize: window, strides: window }), x);
  x = apply(tf.layers.flatten({ name: 'flat' }), x);
  for (const name of ['hidden1', 'hidden2']) {
    x = relu(apply(tf.layers.dense({ name, units: hidden, kernelInitializer: 'zeros' }), x), `${name}_relu`);
    if (dropout > 0) x = apply(tf.layers.dropout({ name: `${name}_dropout`, rate: dropout }), x);
  }
  return x;
}

/** What {@link vgg16} is made of. */
export function vgg16Plan(shape: NetworkShape, options: Vgg16Options): Plan {
  const { norms, width, grid } = options;
  return smallPlan('vgg16', shape, {
    multiple: (heads) => (shareVector(heads) ? 32 * grid : 32),
    trunk: (image) => vggTrunk(image, { layers: sixteen, width, norms, bias: true }),
    end: (map) => hiddenLayers(map, options),
    // As torchvision begins all of its dense layers.
    schemeOf: (layer) => (/^(hidden\d|classifier.*)$/.test(layer) ? { deviation: 0.01 } : undefined),
  });
}

/**
 * VGG-16 as torchvision has it: 13 convolutions with biases, with norms behind them or none, and three dense layers. With 1000
 * classes it has 138 357 544 parameters, with norms 138 365 992. Tasks whose heads ask for a map, such as dense ones, get it
 * behind the convolutions, and there are no dense layers then.
 *
 * Source: Simonyan and Zisserman 2015, https://arxiv.org/abs/1409.1556
 */
export const vgg16: Backbone<Vgg16Options> = {
  apiVersion: 1,
  name: 'vgg16',
  summary: 'VGG-16 for ImageNet, with norms or without, its three dense layers included',
  source: {
    title:
      'Simonyan, Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition (ICLR 2015)',
    url: 'https://arxiv.org/abs/1409.1556',
  },
  options: vgg16Options,
  build: (shape, options) =>
    assemble(vgg16Plan(shape, options), shape, { shared: options.initialisation, own: 'uniform' }),
};

/**
 * A plain VGG for small images: 3x3 convolutions with norms and ReLUs, a max-pooling at the end of each stage, the mean and one
 * dense layer; no shortcut anywhere. As it stands it has VGG-16's 13 convolutions and costs about as much as ResNet-20.
 *
 * Source: Simonyan and Zisserman 2015, https://arxiv.org/abs/1409.1556; Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167
 */
export const vggSmall: Backbone<VggSmallOptions> = {
  apiVersion: 1,
  name: 'vgg-small',
  summary: "a plain VGG for small images: 3x3 convolutions and max-poolings, about ResNet-20's cost",
  source: {
    title:
      'Simonyan, Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition (ICLR 2015)',
    url: 'https://arxiv.org/abs/1409.1556',
  },
  options: vggSmallOptions,
  build: (shape, { layers, width, initialisation }) =>
    assembleSmall('vgg-small', shape, initialisation, {
      multiple: 2 ** layers.length,
      trunk: (image) => vggTrunk(image, { layers, width, norms: true, bias: false }),
    }),
};

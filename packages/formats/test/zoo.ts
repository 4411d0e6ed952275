import {
  cgc,
  dilatedResnet50,
  dselectK,
  mmoe,
  mobilenetV2,
  resnet,
  resnet50,
  segnet,
  segnetMtan,
  vgg16,
} from '@overparam/backbones';
import { collapse, dropoutMasks, expand, forward, parametersOf, statesOf } from '@overparam/core-reparam';
import { keyFromSeed, normalTensor } from '@overparam/engine';
import { fnl } from '@overparam/method-fnl';
import { trirep } from '@overparam/method-new';
import { repvgg } from '@overparam/method-repvgg';
import { type Backbone, type Method, type NetworkShape, parseOptions } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { outputGap } from '../src/gap';

const dense: NetworkShape['tasks'] = [
  { name: 'segmentation', form: 'dense', outputs: 5 },
  { name: 'normals', form: 'dense', outputs: 3, unitLength: true },
];

function built<Options>(
  backbone: Backbone<Options>,
  inputShape: readonly [number, number, number],
  tasks: NetworkShape['tasks'],
  options: object,
): tf.LayersModel {
  const shape = { inputShape, tasks, key: keyFromSeed(3) };
  return backbone.build(shape, parseOptions(backbone.options, options)).model;
}

const classes: NetworkShape['tasks'] = [{ name: 'class', form: 'class', outputs: 7 }];

/** A VGG: convolutions in rows, pooling between, and dense layers on a flattened image. */
function vgg(): tf.LayersModel {
  const layers: tf.layers.Layer[] = [tf.layers.inputLayer({ inputShape: [24, 40, 3] })];
  for (const filters of [8, 16]) {
    for (let index = 0; index < 2; index++) {
      const name = `conv${filters}_${index}`;
      layers.push(tf.layers.conv2d({ name, filters, kernelSize: 3, padding: 'same', useBias: false }));
      layers.push(tf.layers.batchNormalization({ name: `${name}_norm`, epsilon: 1e-5, momentum: 0.9 }));
      layers.push(tf.layers.reLU({ name: `${name}_relu` }));
    }
    layers.push(tf.layers.maxPooling2d({ name: `pool${filters}`, poolSize: 2 }));
  }
  layers.push(tf.layers.flatten({ name: 'flat' }));
  layers.push(tf.layers.dense({ name: 'hidden', units: 20, activation: 'relu' }));
  layers.push(tf.layers.dropout({ name: 'drop', rate: 0.5 }));
  layers.push(tf.layers.dense({ name: 'classes', units: 7 }));
  return tf.sequential({ name: 'vgg', layers });
}

/** Plain networks on images that are not square. */
export const networks: Readonly<Record<string, () => tf.LayersModel>> = {
  'ResNet-8': () => built(resnet, [20, 28, 3], classes, { depth: 8, width: 8 }),
  'ResNet-50': () => built(resnet50, [24, 40, 3], classes, { width: 8 }),
  VGG: vgg,
  'dilated ResNet-50 with DeepLab heads': () =>
    built(dilatedResnet50, [40, 56, 3], dense, { width: 8, rates: [2, 3, 4] }),
  SegNet: () => built(segnet, [32, 64, 3], dense, { width: 8 }),
  MTAN: () => built(segnetMtan, [32, 64, 3], dense, { width: 8 }),
  'VGG-16': () => built(vgg16, [64, 128, 3], classes, { width: 4, hidden: 20, grid: 2, norms: true }),
  'MobileNet v2': () => built(mobilenetV2, [24, 40, 3], classes, { multiplier: 0.25 }),
  MMoE: () => built(mmoe, [32, 64, 3], dense, { trunk: 'segnet', width: 4, experts: 2 }),
  CGC: () => built(cgc, [32, 64, 3], dense, { trunk: 'segnet', width: 4, gate: 'task' }),
  'DSelect-k': () => built(dselectK, [32, 64, 3], dense, { trunk: 'segnet', width: 4, gate: 'image' }),
};

/**
 * Steps after which a network's rounding stays small, where two are too few: the sigmoids of MTAN's masks turn the last bit of
 * an image into 1e-4 and more of the collapsed network's own outputs then. No two programs can agree on such a network.
 */
export const stepsOf: Readonly<Record<string, number>> = { MTAN: 40 };

/** Networks of their papers' widths, on small images. */
export const wideNetworks: Readonly<Record<string, () => tf.LayersModel>> = {
  'ResNet-50 of full width': () => built(resnet50, [64, 96, 3], classes, {}),
  'dilated ResNet-50 with DeepLab heads, of full width': () => built(dilatedResnet50, [40, 56, 3], dense, {}),
  'SegNet of full width': () => built(segnet, [32, 64, 3], dense, {}),
};

/** Methods that networks are trained with. */
export const methods: Readonly<Record<string, Method>> = {
  repvgg: repvgg as Method,
  fnl: fnl as Method,
  trirep: trirep as Method,
};

/** A network that was expanded, trained and collapsed; see {@link trainedExpanded}. */
export function trained(
  network: tf.LayersModel,
  method: Method,
  norms: 'fold' | 'keep',
  steps?: number,
): tf.LayersModel {
  const expanded = trainedExpanded(network, method, steps);
  const { model } = collapse(expanded, { norms });
  expanded.dispose();
  return model;
}

/**
 * A network that was expanded and trained for some steps; the caller disposes. Many steps leave statistics where they have
 * moved to. Few leave them near their first values, so that activations shrink from block to block until a deep network
 * answers every image alike, and any file of it seems right; they are then replaced by a batch's, a little disturbed.
 *
 * @param steps  2 where left out, which are few
 */
export function trainedExpanded(network: tf.LayersModel, method: Method, steps?: number): tf.LayersModel {
  const select = { kernel: [3, 3] as [number, number] };
  const expanded = expand(network, { method, select, key: keyFromSeed(5), options: {} });
  const [input] = network.inputs;
  const variables = parametersOf(expanded).map(({ variable }) => variable);
  for (let step = 0; step < (steps ?? 2); step++) {
    const x = normalTensor([step, 1], [2, ...(input!.shape.slice(1) as number[])], 0, 1);
    const masks = dropoutMasks(expanded, 2, [step, 4]);
    tf.tidy(() => {
      const { grads } = tf.variableGrads(() => {
        const outputs = forward(expanded, [x], { mode: 'train', masks });
        return tf.addN(outputs.map((y, index) => tf.mean(tf.square(tf.sub(y, normalTensor([step, 10 * index + 2], y.shape, 0, 1)))))).asScalar(); // biome-ignore format: one sum
      }, variables);
      for (const variable of variables) {
        const gradient = grads[variable.name];
        if (!gradient) continue;
        const size = tf.maximum(tf.max(tf.abs(gradient)), 1e-6);
        variable.assign(tf.sub(variable, tf.mul(tf.div(gradient, size), 0.01)) as tf.Variable);
      }
    });
    tf.dispose([x, masks]);
  }
  if (steps !== undefined) return expanded;
  const x = normalTensor([7, 1], [8, ...(input!.shape.slice(1) as number[])], 0, 1);
  const masks = dropoutMasks(expanded, 8, [7, 4]);
  tf.dispose([forward(expanded, [x], { mode: 'train', momentum: 0, masks }), x, masks]);
  for (const [index, { variable, statistic }] of statesOf(expanded).entries()) {
    if (!statistic) continue;
    tf.tidy(() => {
      const noise = normalTensor([index, 9], variable.shape, 0, 0.2);
      variable.assign(disturbed(variable, statistic, noise) as typeof variable);
    });
  }
  return expanded;
}

/** A statistic a little disturbed: a variance stays above zero, a covariance `[..., c, c]` one, in units of its own for each channel. */
function disturbed(
  value: tf.Tensor,
  statistic: 'mean' | 'variance' | 'covariance',
  noise: tf.Tensor,
): tf.Tensor {
  if (statistic === 'mean') return tf.add(value, noise);
  if (statistic === 'variance') return tf.mul(value, tf.exp(noise));
  const [first] = tf.split(noise, [1, noise.shape.at(-1)! - 1], -1);
  const units = tf.exp(first!);
  const swapped = units.shape.map((_, axis) => axis);
  swapped.push(...swapped.splice(-2).reverse());
  return tf.mul(tf.mul(value, units), tf.transpose(units, swapped));
}

/** Gaps beyond this are wrong, unless the network makes as much of an image's last bits. */
export const mostGap = 1e-4;

/** What other programs round otherwise comes to about as much as the last bits of an image. */
const timesOwn = 3;

/**
 * The largest gap that another program may have: each layer of a network that was hardly trained makes more of what is rounded
 * before it, and none can be expected nearer than what the last bits of an image already do.
 *
 * @param own   what {@link movedByLastBits} gives
 * @param most  what is allowed where that is nothing
 */
export function allowedGap(own: number, most: number = mostGap): number {
  return Math.max(most, timesOwn * own);
}

/**
 * How far a network's own outputs move where the last bit of each value of two images is flipped, counted as gaps are: without
 * the farthest thousandth of places where it pools with places.
 */
export function movedByLastBits(model: tf.LayersModel): number {
  const chooses = model.layers.some((layer) => layer.getClassName() === 'OverparamMaxPoolWithPlaces');
  return tf.tidy(() => {
    const x = normalTensor([6, 1], [2, ...(model.inputs[0]!.shape.slice(1) as number[])], 0, 1);
    const bits = new Int32Array((x.dataSync() as Float32Array).slice().buffer).map((value) => value ^ 1);
    const flipped = tf.tensor(new Float32Array(bits.buffer), x.shape);
    const [expected, found] = [x, flipped].map((image) => [model.predict(image)].flat() as tf.Tensor[]);
    const gaps = expected!.map((output, index) =>
      outputGap(String(index), output, output.dataSync(), found![index]!.dataSync()),
    );
    return Math.max(...gaps.map(({ gap, gapOfMost }) => (chooses ? gapOfMost : gap)));
  });
}

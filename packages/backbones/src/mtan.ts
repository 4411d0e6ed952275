import { apply, convolution, norm, ResizeAligned, relu } from '@overparam/layers';
import type { Backbone, NetworkShape } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { assemble, type Plan } from './assemble';
import { type SegnetOptions, segnetOptions, widthOf } from './options';
import { ownHeads } from './own-heads';
import { segnetTrunk } from './segnet';
import { channelsAt, decodedChannelsAt, levels, sideMultiple } from './segnet-levels';

/**
 * Which features of its own a task makes of shared ones: a mask between 0 and 1 for each channel and pixel, from two
 * 1x1 convolutions, times the shared features.
 *
 * @param from    what the mask is made of
 * @param shared  `[n, h, w, filters]`
 */
function attend(
  from: tf.SymbolicTensor,
  shared: tf.SymbolicTensor,
  name: string,
  filters: number,
): tf.SymbolicTensor {
  let mask = convolution(from, `${name}_conv1`, { filters, size: 1, bias: true });
  mask = relu(norm(mask, `${name}_norm1`), `${name}_relu1`);
  mask = norm(convolution(mask, `${name}_conv2`, { filters, size: 1, bias: true }), `${name}_norm2`);
  mask = apply(tf.layers.activation({ name: `${name}_mask`, activation: 'sigmoid' }), mask);
  return tf.layers.multiply({ name: `${name}_product` }).apply([mask, shared]) as tf.SymbolicTensor;
}

function concatenate(a: tf.SymbolicTensor, b: tf.SymbolicTensor, name: string): tf.SymbolicTensor {
  return tf.layers.concatenate({ name }).apply([a, b]) as tf.SymbolicTensor;
}

/** Convolution, norm and ReLU that every task passes its own features through, with the same weights. */
function sharedUnit(name: string, filters: number): (x: tf.SymbolicTensor) => tf.SymbolicTensor {
  const layers = [
    tf.layers.conv2d({
      name: `${name}_conv`,
      filters,
      kernelSize: 3,
      padding: 'same',
      kernelInitializer: 'zeros',
    }),
    tf.layers.batchNormalization({ name: `${name}_norm`, epsilon: 1e-5, momentum: 0.9 }),
    tf.layers.activation({ name: `${name}_relu`, activation: 'relu' }),
  ];
  return (x) => layers.reduce((y, layer) => apply(layer, y), x);
}

/** What {@link segnetMtan} is made of. */
export function mtanPlan(shape: NetworkShape, width: number): Plan {
  return {
    name: 'segnet-mtan',
    multiple: sideMultiple,
    heads: ownHeads,
    trunk(image) {
      const { encoded, decoded } = segnetTrunk(image, width);
      // A level hands on to the next in as many channels as that one has; the last keeps its own.
      const descend = levels.map((level) =>
        sharedUnit(`attention_encoder${level}`, channelsAt(Math.min(level + 1, levels.length), width)),
      );
      const ascend = levels.map((level) =>
        sharedUnit(`attention_decoder${level}`, decodedChannelsAt(level, width)),
      );
      const features = shape.tasks.map(({ name: task }) => {
        let own: tf.SymbolicTensor | null = null;
        for (const level of levels) {
          const name = `${task}_encoder${level}`;
          const { first, last } = encoded.get(level)!;
          const from: tf.SymbolicTensor = own ? concatenate(first, own, `${name}_concat`) : first;
          const attended = attend(from, last, name, channelsAt(level, width));
          const pool = tf.layers.maxPooling2d({ name: `${name}_pool`, poolSize: 2, strides: 2 });
          own = apply(pool, descend[level - 1]!(attended));
        }
        for (const level of [...levels].reverse()) {
          const name = `${task}_decoder${level}`;
          const { unpooled, last } = decoded.get(level)!;
          const [height, width_] = unpooled.shape.slice(1, 3) as [number, number];
          const resize = new ResizeAligned({ name: `${name}_resize`, height, width: width_ });
          const above = ascend[level - 1]!(apply(resize, own!));
          own = attend(
            concatenate(unpooled, above, `${name}_concat`),
            last,
            name,
            decodedChannelsAt(level, width),
          );
        }
        return own!;
      });
      // Every level of the trunk feeds the next one and the tasks' attention: no border parts shared from own.
      return { features, representations: [] };
    },
  };
}

/**
 * MTAN: SegNet as the shared trunk and, for each task, an attention module at every level that picks features out of
 * it. With 13 classes, depth and normals it has 44 229 073 parameters. Sides of images must be multiples of 32.
 *
 * Source: Liu et al. 2019, https://arxiv.org/abs/1803.10704
 */
export const segnetMtan: Backbone<SegnetOptions> = {
  apiVersion: 1,
  name: 'segnet-mtan',
  summary: 'MTAN: SegNet with an attention module for each task at every level',
  source: {
    title: 'Liu, Johns, Davison: End-to-End Multi-Task Learning with Attention (CVPR 2019)',
    url: 'https://arxiv.org/abs/1803.10704',
  },
  options: segnetOptions,
  build(shape, { width, initialisation }) {
    const schemes = { shared: initialisation, own: initialisation };
    return assemble(mtanPlan(shape, widthOf(width)), shape, schemes);
  },
};

import { OverparamError } from '@overparam/errors';
import { apply, channelsOf, convolution, ResizeAligned, UnitLength, unit } from '@overparam/layers';
import type { Head, NetworkTask } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';

type Given = Parameters<Head['build']>[1];

/** Kinds of tasks whose labels are images. */
const denseKinds: readonly string[] = ['segmentation', 'depth', 'normals'];

/** Whether a task's labels are images: by its kind, or as they hold more numbers than the task has outputs. */
function isDense({ kind, outputs, label }: NetworkTask): boolean {
  if (denseKinds.includes(kind)) return true;
  const shape = label?.shape ?? [];
  return shape.length >= 2 && shape.reduce((size, side) => size * side, 1) !== outputs;
}

/** What heads that answer for every pixel say of a task. */
function supportsImages(task: NetworkTask): true | string {
  const wanted = task.label ? isDense(task) : task.kind !== 'classification';
  return wanted || 'it gives an image, and the labels of this task are none; take "pooled"';
}

/**
 * What dense heads end with: features of another size are resized bilinearly to the input's, corner on corner, and
 * normals are scaled to length 1. Classes stay logits and depths as they are.
 */
function finish(y: tf.SymbolicTensor, { task, kind, size }: Given): tf.SymbolicTensor {
  const [height, width] = size;
  const resized =
    y.shape[1] === height && y.shape[2] === width
      ? y
      : apply(new ResizeAligned({ name: `${task}_resize`, height, width }), y);
  return kind === 'normals' ? apply(new UnitLength({ name: `${task}_unit` }), resized) : resized;
}

/**
 * The head of the MTAN paper's SegNet: a 3x3 convolution that keeps the channels and a 1x1 convolution, both with
 * bias, nothing between them.
 *
 * Source: Liu et al. 2019, https://arxiv.org/abs/1803.10704
 */
export const segnetHead: Head = {
  name: 'segnet',
  supports: supportsImages,
  build(features, given) {
    const { task, outputs } = given;
    const y = convolution(features, `${task}_conv1`, { filters: channelsOf(features), size: 3, bias: true });
    return finish(convolution(y, `${task}_conv2`, { filters: outputs, size: 1, bias: true }), given);
  },
};

/** What can be chosen of a {@link deeplabHead}. */
export interface DeeplabOptions {
  /** Channels of every layer but the last; 256 where left out. */
  readonly filters?: number;
  /** Dilations of the three 3x3 convolutions; 12, 24 and 36 where left out. */
  readonly rates?: readonly number[];
  /** Share of the pooled features that training leaves out; 0.5 where left out, 0 for none. */
  readonly dropout?: number;
}

/**
 * DeepLabv3's head: atrous spatial pyramid pooling (a 1x1 convolution, dilated 3x3 convolutions and the features'
 * mean, side by side), dropout, a 3x3 convolution and a classifier. With 2048 input channels and 13 outputs it has
 * 16 128 781 parameters.
 *
 * The mean's norm sees one pixel an image, so that training needs batches of 2 or more.
 *
 * Source: Chen et al. 2017, https://arxiv.org/abs/1706.05587
 */
export function deeplabHead(options: DeeplabOptions = {}): Head {
  const { filters = 256, rates = [12, 24, 36], dropout = 0.5 } = options;
  return {
    name: 'deeplab',
    supports: supportsImages,
    leastBatch: {
      images: 2,
      reason: 'its pooled branch gives one pixel an image, and the norm behind it needs more than one',
    },
    build(features, given) {
      const { task } = given;
      const [, height, width] = features.shape as number[];
      const branches = [
        unit(features, `${task}_aspp1`, { filters, size: 1 }),
        ...rates.map((dilation, index) =>
          unit(features, `${task}_aspp${index + 2}`, { filters, size: 3, dilation }),
        ),
      ];
      const mean = apply(tf.layers.globalAveragePooling2d({ name: `${task}_mean` }), features);
      const pixel = apply(
        tf.layers.reshape({ name: `${task}_mean_pixel`, targetShape: [1, 1, channelsOf(features)] }),
        mean,
      );
      const context = unit(pixel, `${task}_mean`, { filters, size: 1 });
      const spread = new ResizeAligned({ name: `${task}_mean_resize`, height: height!, width: width! });
      const all = tf.layers.concatenate({ name: `${task}_aspp_concat` });
      let y = all.apply([...branches, apply(spread, context)]) as tf.SymbolicTensor;
      y = unit(y, `${task}_project`, { filters, size: 1 });
      if (dropout > 0) y = apply(tf.layers.dropout({ name: `${task}_dropout`, rate: dropout }), y);
      y = unit(y, `${task}_head`, { filters, size: 3 });
      return finish(convolution(y, `${task}_out`, { filters: given.outputs, size: 1, bias: true }), given);
    },
  };
}

/** One answer for the whole image, `[n, outputs]`: the features' mean and a dense layer. */
export const pooledHead: Head = {
  name: 'pooled',
  supports: (task) =>
    !isDense(task) ||
    'it gives one answer an image, and the labels of this task are images; take a head such as "segnet"',
  build(features, { task, outputs }) {
    const mean = apply(tf.layers.globalAveragePooling2d({ name: `${task}_mean` }), features);
    return apply(tf.layers.dense({ name: `${task}_out`, units: outputs, kernelInitializer: 'zeros' }), mean);
  },
};

/**
 * The head that a task brings, or else `dense` for labels that are images and {@link pooledHead} for others.
 *
 * @param network  the network's name, for the message
 * @throws OverparamError `unsupported-head` for a head that cannot serve the task
 */
export function headOf(network: string, task: NetworkTask, dense: Head): Head {
  const head = task.head ?? (isDense(task) ? dense : pooledHead);
  const verdict = head.supports?.(task) ?? true;
  if (verdict === true) return head;
  throw new OverparamError(
    'unsupported-head',
    `[${network}] the head "${head.name}" does not fit task "${task.name}" of kind "${task.kind}": ${verdict}.`,
  );
}

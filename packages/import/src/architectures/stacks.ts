import { apply } from '@overparam/layers';
import * as tf from '@tensorflow/tfjs';
import type { Fitting } from '../fit';
import type { PlainForward } from '../published/plain-forward';
import type { Architecture } from './architecture';
import { depthwise, hwio, loadDense, setWeights } from './weights';

/** A published network that is a stack of blocks, each a convolution, perhaps squeeze and excitation, and a ReLU. */
interface StackNaming {
  /** The plain convolution's name behind a block's. */
  readonly deployed: string;
  /** The two dense layers of squeeze and excitation behind a block's name. */
  readonly squeeze: readonly [string, string];
}

const repvgg: StackNaming = { deployed: 'rbr_reparam', squeeze: ['se.down', 'se.up'] };
const mobileone: StackNaming = { deployed: 'reparam_conv', squeeze: ['se.reduce', 'se.expand'] };

/** The blocks of a stack in their order: `stage0`, then `stage1.0`, `stage1.1` and so on. */
function blocksOf(has: (name: string) => boolean): { readonly name: string; readonly first: boolean }[] {
  const blocks = [{ name: 'stage0', first: true }];
  for (let stage = 1; stage < 10; stage++) {
    for (let block = 0; has(`stage${stage}.${block}`); block++) {
      blocks.push({ name: `stage${stage}.${block}`, first: block === 0 });
    }
  }
  return blocks;
}

/**
 * Adds a block. A convolution of one input channel for each of its groups becomes a depthwise one, other groups one
 * convolution with zeros.
 */
function addBlock(
  fitting: Fitting,
  x: tf.SymbolicTensor,
  name: string,
  stride: number,
  naming: StackNaming,
): tf.SymbolicTensor {
  const full = `${name}.${naming.deployed}`;
  const weight = fitting.take(`${full}.weight`, [null, null, null, null]);
  const [cout, perGroup, side] = weight.shape as [number, number, number];
  fitting.take(`${full}.weight`, [cout, perGroup, side, side]);
  const cin = x.shape[3]!;
  const groups = cin / perGroup;
  if (!Number.isInteger(groups) || cout % groups !== 0)
    fitting.take(`${full}.weight`, [cout, cin, side, side]);
  const layerName = name.replaceAll('.', '_');
  const margin = side >> 1;
  const around: [number, number] = [margin, margin];
  const padded =
    margin > 0 && stride > 1
      ? apply(tf.layers.zeroPadding2d({ name: `${layerName}_pad`, padding: [around, around] }), x)
      : x;
  const shared = {
    name: `${layerName}_conv`,
    kernelSize: side,
    strides: stride,
    padding: stride > 1 ? ('valid' as const) : ('same' as const),
  };
  const alone = perGroup === 1 && groups === cout && groups > 1;
  const layer = alone
    ? tf.layers.depthwiseConv2d({ ...shared, depthwiseInitializer: 'zeros' })
    : tf.layers.conv2d({ ...shared, filters: cout, kernelInitializer: 'zeros' });
  let y = apply(layer, padded);
  const bias = fitting.take(`${full}.bias`, [cout]).data as Float32Array;
  setWeights(layer, {
    [alone ? 'depthwise_kernel' : 'kernel']: alone ? depthwise(weight) : hwio(weight, groups),
    bias,
  });
  if (fitting.has(`${name}.${naming.squeeze[0]}.weight`)) y = squeeze(fitting, y, name, naming);
  return apply(tf.layers.activation({ name: `${layerName}_relu`, activation: 'relu' }), y);
}

/** Squeeze and excitation: each channel times a factor that the means of all channels decide. */
function squeeze(
  fitting: Fitting,
  x: tf.SymbolicTensor,
  name: string,
  naming: StackNaming,
): tf.SymbolicTensor {
  const layerName = name.replaceAll('.', '_');
  const channels = x.shape[3]!;
  const mean = apply(tf.layers.globalAveragePooling2d({ name: `${layerName}_mean` }), x);
  let factor = apply(tf.layers.reshape({ name: `${layerName}_pixel`, targetShape: [1, 1, channels] }), mean);
  for (const [index, part] of naming.squeeze.entries()) {
    const weight = fitting.take(`${name}.${part}.weight`, [null, factor.shape[3]!, 1, 1]);
    const filters = weight.shape[0]!;
    const conv = tf.layers.conv2d({
      name: `${layerName}_squeeze${index + 1}`,
      filters,
      kernelSize: 1,
      activation: index === 0 ? 'relu' : 'sigmoid',
      kernelInitializer: 'zeros',
    });
    factor = apply(conv, factor);
    setWeights(conv, {
      kernel: hwio(weight),
      bias: fitting.take(`${name}.${part}.bias`, [filters]).data as Float32Array,
    });
  }
  return tf.layers.multiply({ name: `${layerName}_scale` }).apply([x, factor]) as tf.SymbolicTensor;
}

function stack(
  name: string,
  summary: string,
  naming: StackNaming,
  expanded: string,
  strideOf: (name: string, first: boolean) => number,
): Architecture {
  /** Whether there is a block of a name, collapsed or not. */
  const isBlock = (has: (key: string) => boolean) => (block: string) =>
    has(`${block}.${naming.deployed}.weight`) || has(`${block}.${expanded}`);
  return {
    name,
    summary,
    size: [224, 224],
    recognises: (has) => isBlock(has)('stage0') && has('linear.bias'),
    build(fitting, { size }) {
      const image = tf.input({ name: 'image', shape: [...size, 3] });
      let x: tf.SymbolicTensor = image;
      const blocks = blocksOf(isBlock((key) => fitting.has(key)));
      for (const { name: block, first } of blocks) {
        x = addBlock(fitting, x, block, strideOf(block, first), naming);
      }
      x = apply(tf.layers.globalAveragePooling2d({ name: 'global_pool' }), x);
      const units = fitting.take('linear.bias', [null]).shape[0]!;
      const classifier = tf.layers.dense({ name: 'classifier', units, kernelInitializer: 'zeros' });
      const output = apply(classifier, x);
      loadDense(fitting, classifier, 'linear');
      return tf.model({ name, inputs: image, outputs: output });
    },
    forward(plain, image) {
      let x = image;
      for (const { name: block, first } of blocksOf(isBlock((key) => plain.has(key)))) {
        const side = kernelSide(plain, block, naming, expanded);
        x = plain.unit(x, block, '', { stride: strideOf(block, first), padding: side >> 1 });
        x = tf.relu(squeezed(plain, x, block, naming));
      }
      return plain.dense(tf.mean(x, [1, 2]) as tf.Tensor2D, 'linear');
    },
    ignored: /num_batches_tracked$/,
  };
}

function kernelSide(plain: PlainForward, block: string, naming: StackNaming, expanded: string): number {
  const names = [`${block}.${expanded}`, `${block}.${naming.deployed}.weight`];
  return plain.tensor(names.find((name) => plain.has(name))!).shape[2]!;
}

function squeezed(
  plain: PlainForward,
  x: tf.Tensor4D,
  block: string,
  { squeeze: names }: StackNaming,
): tf.Tensor4D {
  const [down, up] = names.map((part) => `${block}.${part}`) as [string, string];
  if (!plain.has(`${down}.weight`)) return x;
  const mean = tf.mean(x, [1, 2], true) as tf.Tensor4D;
  const inner = tf.relu(plain.convolution(mean, down));
  return tf.mul(x, tf.sigmoid(plain.convolution(inner, up)));
}

/** Published networks that are stacks of blocks. */
export const stacks: readonly Architecture[] = [
  stack(
    'repvgg',
    'RepVGG of any size, trained or deployed, in the names of its code',
    repvgg,
    'rbr_dense.conv.weight',
    (_, first) => (first ? 2 : 1),
  ),
  stack(
    'mobileone',
    'MobileOne of any size, trained or deployed, in the names of its code',
    mobileone,
    'rbr_conv.0.conv.weight',
    (_, first) => (first ? 2 : 1),
  ),
];

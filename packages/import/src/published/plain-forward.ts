import * as tf from '@tensorflow/tfjs';
import { doublesOf, type SourceTensor, type StateDict } from '../tensors';
import type { PublishedSettings } from './collapse-blocks';

/** How a convolution goes over an image: symmetric zeros, as PyTorch's layers have them. */
export interface Geometry {
  readonly stride?: number;
  readonly padding?: number;
  readonly dilation?: number;
}

/**
 * What the tensors of a state dict compute, one operation after the other, as their published code has it: each branch by
 * itself and each norm by its formula. It is what an imported network is compared with, and shares nothing with how that is
 * built. Images are `[n, h, w, channels]`; within `tf.tidy`.
 */
export class PlainForward {
  constructor(
    private readonly state: StateDict,
    private readonly settings: PublishedSettings,
  ) {}

  has(name: string): boolean {
    return this.state.has(name);
  }

  tensor(name: string): tf.Tensor {
    return asTensor(this.state.get(name)!);
  }

  /** A convolution by its name, factorised ones included. */
  convolution(x: tf.Tensor4D, name: string, geometry: Geometry = {}): tf.Tensor4D {
    if (!this.has(`${name}.VT`)) {
      return this.withBias(convolve(x, this.tensor(`${name}.weight`) as tf.Tensor4D, geometry), name);
    }
    return this.withBias(this.factors(x, name, geometry), name);
  }

  /** The published form of a factorised layer: two thin convolutions, or one whose kernel is the product's numbers. */
  private factors(x: tf.Tensor4D, name: string, geometry: Geometry): tf.Tensor4D {
    const { stride = 1, padding = 0 } = geometry;
    const right = this.tensor(`${name}.VT`) as tf.Tensor2D;
    const middle = this.has(`${name}.M`) ? tf.matMul(this.tensor(`${name}.M`) as tf.Tensor2D, right) : right;
    const left = this.tensor(`${name}.U`) as tf.Tensor2D;
    const cin = x.shape[3];
    const side = right.shape[1] / cin;
    const cout = left.shape[0] / side;
    const rank = left.shape[1];
    if (this.settings.fnlReshape === 'plain') {
      return convolve(x, tf.matMul(left, middle).reshape([cout, cin, side, side]), geometry);
    }
    const across = middle.transpose().reshape([cin, side, 1, rank]).transpose([2, 1, 0, 3]) as tf.Tensor4D;
    const down = left.reshape([cout, side, rank, 1]).transpose([1, 3, 2, 0]) as tf.Tensor4D;
    const wide = tf.conv2d(pad(x, 0, padding), across, [1, stride], 'valid');
    return tf.conv2d(pad(wide, padding, 0), down, [stride, 1], 'valid');
  }

  private withBias(x: tf.Tensor4D, name: string): tf.Tensor4D {
    return this.has(`${name}.bias`) ? tf.add(x, this.tensor(`${name}.bias`)) : x;
  }

  norm(x: tf.Tensor4D, name: string): tf.Tensor4D {
    const part = (key: string) => this.tensor(`${name}.${key}`);
    const scaled = tf.div(
      tf.sub(x, part('running_mean')),
      tf.sqrt(tf.add(part('running_var'), this.settings.epsilon)),
    );
    return tf.add(tf.mul(scaled, part('weight')), part('bias'));
  }

  /** A dense layer, factorised ones included. */
  dense(x: tf.Tensor2D, name: string): tf.Tensor2D {
    const weight = this.has(`${name}.VT`)
      ? tf.matMul(this.tensor(`${name}.U`) as tf.Tensor2D, this.tensor(`${name}.VT`) as tf.Tensor2D)
      : (this.tensor(`${name}.weight`) as tf.Tensor2D);
    return tf.add(tf.matMul(x, weight, false, true), this.tensor(`${name}.bias`));
  }

  /**
   * A convolution and its norm, in any published form: an expanded block named `unit`, `unit.conv` and `unit.bn`, or `unit`
   * and the norm's own name.
   */
  unit(x: tf.Tensor4D, unit: string, norm: string, geometry: Geometry): tf.Tensor4D {
    let y: tf.Tensor4D;
    if (this.has(`${unit}.rbr_dense.conv.weight`)) y = this.repvgg(x, unit, geometry);
    else if (this.has(`${unit}.rbr_conv.0.conv.weight`)) y = this.mobileone(x, unit, geometry);
    else if (this.has(`${unit}.dbb_origin.conv.weight`)) y = this.dbb(x, unit, geometry);
    else {
      const forms = ['.conv', '.rbr_reparam', '.reparam_conv', '.dbb_reparam', ''];
      const form = forms.find((end) => this.has(`${unit}${end}.weight`)) ?? '';
      y = this.convolution(x, `${unit}${form}`, geometry);
      if (this.has(`${unit}.bn.weight`)) return this.norm(y, `${unit}.bn`);
    }
    return this.has(`${norm}.weight`) ? this.norm(y, norm) : y;
  }

  private normed(x: tf.Tensor4D, name: string, geometry: Geometry): tf.Tensor4D {
    return this.norm(this.convolution(x, `${name}.conv`, geometry), `${name}.bn`);
  }

  private repvgg(x: tf.Tensor4D, name: string, geometry: Geometry): tf.Tensor4D {
    const dense = this.normed(x, `${name}.rbr_dense`, geometry);
    const branches = [dense, this.normed(x, `${name}.rbr_1x1`, { ...geometry, padding: 0 })];
    if (this.has(`${name}.rbr_identity.weight`)) branches.push(this.norm(x, `${name}.rbr_identity`));
    return tf.addN(branches);
  }

  private mobileone(x: tf.Tensor4D, name: string, geometry: Geometry): tf.Tensor4D {
    const branches: tf.Tensor4D[] = [];
    for (let index = 0; this.has(`${name}.rbr_conv.${index}.conv.weight`); index++) {
      branches.push(this.normed(x, `${name}.rbr_conv.${index}`, geometry));
    }
    if (this.has(`${name}.rbr_scale.conv.weight`)) {
      branches.push(this.normed(x, `${name}.rbr_scale`, { ...geometry, padding: 0 }));
    }
    if (this.has(`${name}.rbr_skip.weight`)) branches.push(this.norm(x, `${name}.rbr_skip`));
    return tf.addN(branches);
  }

  private dbb(x: tf.Tensor4D, name: string, geometry: Geometry): tf.Tensor4D {
    const { stride = 1, padding = 0 } = geometry;
    const branches = [this.normed(x, `${name}.dbb_origin`, geometry)];
    if (this.has(`${name}.dbb_1x1.conv.weight`)) branches.push(this.normed(x, `${name}.dbb_1x1`, { stride }));
    const chain = `${name}.dbb_1x1_kxk`;
    // Inside of a branch a border holds what the norm makes of zeros: the same as zeros before the 1x1 convolution.
    const padded = pad(x, padding, padding);
    const identity = this.has(`${chain}.idconv1.weight`);
    const first = this.convolution(padded, identity ? `${chain}.idconv1` : `${chain}.conv1`);
    const mixed = this.norm(identity ? tf.add(first, padded) : first, `${chain}.bn1.bn`);
    branches.push(this.norm(this.convolution(mixed, `${chain}.conv2`, { stride }), `${chain}.bn2`));
    const mean = `${name}.dbb_avg`;
    const given = this.has(`${mean}.conv.weight`)
      ? this.norm(this.convolution(padded, `${mean}.conv`), `${mean}.bn.bn`)
      : padded;
    const side = this.state.get(`${name}.dbb_origin.conv.weight`)!.shape[2]!;
    branches.push(this.norm(tf.avgPool(given, side, stride, 'valid'), `${mean}.avgbn`));
    return tf.addN(branches);
  }
}

/** A convolution with a kernel in PyTorch's layout `[cout, cin / groups, kh, kw]`, group by group. */
function convolve(x: tf.Tensor4D, weight: tf.Tensor4D, geometry: Geometry): tf.Tensor4D {
  const { stride = 1, padding = 0, dilation = 1 } = geometry;
  const [cout, perGroup] = weight.shape;
  const kernel = weight.transpose([2, 3, 1, 0]) as tf.Tensor4D;
  const padded = pad(x, padding, padding);
  const groups = x.shape[3] / perGroup;
  const one = (image: tf.Tensor4D, own: tf.Tensor4D): tf.Tensor4D =>
    tf.conv2d(image, own, stride, 'valid', 'NHWC', dilation);
  if (groups === 1) return one(padded, kernel);
  if (perGroup === 1 && cout === groups) {
    const depthwise = kernel.transpose([0, 1, 3, 2]) as tf.Tensor4D;
    return tf.depthwiseConv2d(padded, depthwise, stride, 'valid', 'NHWC', dilation);
  }
  const images = tf.split(padded, groups, 3);
  const kernels = tf.split(kernel, groups, 3);
  return tf.concat(
    images.map((image, group) => one(image as tf.Tensor4D, kernels[group] as tf.Tensor4D)),
    3,
  );
}

function pad(x: tf.Tensor4D, rows: number, columns: number): tf.Tensor4D {
  if (rows === 0 && columns === 0) return x;
  return tf.pad(x, [
    [0, 0],
    [rows, rows],
    [columns, columns],
    [0, 0],
  ]);
}

function asTensor(tensor: SourceTensor): tf.Tensor {
  const { shape, data } = tensor;
  const numbers = data instanceof Float32Array ? data : Float32Array.from(doublesOf(tensor));
  return tf.tensor(numbers, [...shape], 'float32');
}

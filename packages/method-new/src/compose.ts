import { centreKernel, identityKernel } from '@overparam/core-reparam';
import type { Site, Tensors } from '@overparam/plugin';
import type { Tensor, Tensor3D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { type Part, scaleOf } from './scales';
import type { Structure } from './structure';
import { whiteningFrame } from './whitening';

/**
 * The kernel of a TriRep layer: W = s_c (V M U) + s_p pad(K1) + s_d identity.
 *
 * With neither frames nor branches it is the core itself, untouched.
 *
 * @param bare  the core without its frames, `[kh, kw, cin, cout]`
 * @returns      `[kh, kw, cin, cout]`; called inside a tidy
 */
export function composedKernel(
  site: Site,
  structure: Structure,
  bare: Tensor4D,
  parameters: Tensors,
  state: Tensors,
): Tensor4D {
  const core = framedCore(structure, bare, parameters, state);
  const others = branchSum(site, structure, parameters);
  return others ? core.add(others) : core;
}

/** s_p pad(K1) + s_d identity, or null where there is neither; called inside a tidy. */
export function branchSum(site: Site, structure: Structure, parameters: Tensors): Tensor4D | null {
  const [kh, kw] = site.kernelShape;
  const taps = Object.values(tapsOf(site, structure, parameters));
  if (taps.length === 0) return null;
  return centreKernel(taps.reduce((sum, tap) => sum.add(tap)) as Tensor4D, [kh, kw]);
}

/** What the kernel is the sum of, by name, each in the layer's size; called inside a tidy. */
export function kernelParts(
  site: Site,
  structure: Structure,
  bare: Tensor4D,
  parameters: Tensors,
  state: Tensors,
): Readonly<Record<string, Tensor4D>> {
  const [kh, kw] = site.kernelShape;
  const taps = Object.entries(tapsOf(site, structure, parameters));
  return {
    core: framedCore(structure, bare, parameters, state),
    ...Object.fromEntries(taps.map(([name, tap]) => [name, centreKernel(tap as Tensor4D, [kh, kw])])),
  };
}

/** The branches beside the core, 1x1 kernels by name; called inside a tidy. */
function tapsOf(site: Site, structure: Structure, parameters: Tensors): Record<string, Tensor> {
  const scale = (kernel: Tensor, part: Part) =>
    structure.scales ? kernel.mul(parameters[scaleOf(part)]!) : kernel;
  return {
    ...(structure.pointwise && { pointwise: scale(parameters.pointwise!, 'pointwise') }),
    ...(structure.identity && { identity: scale(identityKernel(site.kernelShape[2]), 'identity') }),
  };
}

/**
 * s_c (V M U), with V = I + a V^ or what whitens, and U = I + a U^.
 *
 * s_c weighs U's columns where these are the output channels, which is less to compute than weighing the kernel.
 */
function framedCore(structure: Structure, core: Tensor4D, parameters: Tensors, state: Tensors): Tensor4D {
  const { strength, unfolded, scales } = structure;
  const { u, v } = parameters;
  const scale = parameters[scaleOf('core')];
  // A product with 1, and one for its gradient, would be two more ops a frame in layers that take microseconds.
  const weighted = (offset: Tensor) => (strength === 1 ? offset : offset.mul(strength));
  const frame = (offset: Tensor | undefined) => offset && tf.eye(offset.shape[0]!).add(weighted(offset));
  if (unfolded) {
    const framed = framedUnfolding(core, frame(u), frame(v));
    return (scales ? framed.mul(scale!) : framed) as Tensor4D;
  }
  const columns = frame(u);
  const weighed = scales && columns ? columns.mul(scale!) : columns;
  const rows = structure.whitening ? whiteningFrame(state.covariance as Tensor3D) : frame(v);
  const kernel = framedChannels(core, weighed, rows);
  return (scales && !columns ? kernel.mul(scale!) : kernel) as Tensor4D;
}

/** V M U at every tap: U on the output channels, V on the input channels, or `[groups, size, size]` on groups of them. */
function framedChannels(core: Tensor4D, u: Tensor | undefined, v: Tensor | undefined): Tensor4D {
  const [kh, kw, , cout] = core.shape;
  let kernel: Tensor = core;
  if (u) kernel = tf.matMul(kernel.reshape([-1, cout]), u);
  if (v) kernel = atEveryTap(v, kernel.reshape([kh * kw, ...v.shape.slice(0, -1), cout]));
  return kernel.reshape(core.shape);
}

/** v `[..., r, r]` times each of kernels `[taps, ..., r, c]`. TensorFlow.js's own gradient forgets to add up v's over the taps. */
function atEveryTap(v: Tensor, kernels: Tensor): Tensor {
  const product = tf.customGrad((...given) => {
    const [left, right, save] = given as unknown as [Tensor, Tensor, tf.GradSaveFunc];
    const spread = left.expandDims(0);
    save([spread, right]);
    return {
      value: tf.matMul(spread, right),
      gradFunc: (dy: Tensor, saved: Tensor[]) => [
        tf.sum(tf.matMul(dy, saved[1]!, false, true), 0),
        tf.matMul(saved[0]!, dy, true, false),
      ],
    };
  });
  return product(v, kernels);
}

/** V M U, with M unfolded into FNL's pairs: a row is (channel, column of the image), a column (channel, row of it). */
function framedUnfolding(core: Tensor4D, u: Tensor | undefined, v: Tensor | undefined): Tensor4D {
  const [kh, kw, cin, cout] = core.shape;
  let matrix: Tensor = core.transpose([2, 1, 3, 0]).reshape([cin * kw, cout * kh]);
  if (v) matrix = tf.matMul(v, matrix);
  if (u) matrix = tf.matMul(matrix, u);
  return matrix.reshape([cin, kw, cout, kh]).transpose([3, 1, 0, 2]) as Tensor4D;
}

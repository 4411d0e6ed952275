import { centreKernel, identityKernel, type Site, type Tensors } from '@overparam/core-reparam';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import type { Structure } from './structure';

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
): Tensor4D {
  const core = framedCore(structure, bare, parameters);
  const others = branchSum(site, structure, parameters);
  const scaled = structure.scales ? core.mul(parameters.scale_core!) : core;
  return (others ? scaled.add(others) : scaled) as Tensor4D;
}

/** s_p pad(K1) + s_d identity, or null where there is neither; called inside a tidy. */
export function branchSum(site: Site, structure: Structure, parameters: Tensors): Tensor4D | null {
  const [kh, kw, cin] = site.kernelShape;
  const scale = (kernel: Tensor, name: string) => (structure.scales ? kernel.mul(parameters[name]!) : kernel);
  const taps: Tensor[] = [];
  if (structure.pointwise) taps.push(scale(parameters.pointwise!, 'scale_pointwise'));
  if (structure.identity) taps.push(scale(identityKernel(cin), 'scale_identity'));
  if (taps.length === 0) return null;
  return centreKernel(taps.reduce((sum, tap) => sum.add(tap)) as Tensor4D, [kh, kw]);
}

/** V M U with V = I + a V^ and U = I + a U^. */
function framedCore({ strength, unfolded }: Structure, kernel: Tensor4D, { u, v }: Tensors): Tensor4D {
  const inner = v ? kernel.add(onInput(kernel, v as Tensor2D, unfolded).mul(strength)) : kernel;
  const outer = u ? inner.add(onOutput(inner as Tensor4D, u as Tensor2D, unfolded).mul(strength)) : inner;
  return outer as Tensor4D;
}

/** Input frame: sum_p V[i, p] M[h, w, p, o], or over p = (channel, column) of the unfolding. */
function onInput(kernel: Tensor4D, v: Tensor2D, unfolded: boolean): Tensor4D {
  const [kh, kw, cin, cout] = kernel.shape;
  if (unfolded) {
    const matrix = kernel.transpose([2, 1, 0, 3]).reshape([cin * kw, kh * cout]);
    return tf.matMul(v, matrix).reshape([cin, kw, kh, cout]).transpose([2, 1, 0, 3]) as Tensor4D;
  }
  const matrix = kernel.transpose([2, 0, 1, 3]).reshape([cin, kh * kw * cout]);
  return tf.matMul(v, matrix).reshape([cin, kh, kw, cout]).transpose([1, 2, 0, 3]) as Tensor4D;
}

/** Output frame: sum_q M[h, w, i, q] U[q, o], or over q = (channel, row) of the unfolding. */
function onOutput(kernel: Tensor4D, u: Tensor2D, unfolded: boolean): Tensor4D {
  const [kh, kw, cin, cout] = kernel.shape;
  if (unfolded) {
    const matrix = kernel.transpose([1, 2, 3, 0]).reshape([kw * cin, cout * kh]);
    return tf.matMul(matrix, u).reshape([kw, cin, cout, kh]).transpose([3, 0, 1, 2]) as Tensor4D;
  }
  return tf.matMul(kernel.reshape([kh * kw * cin, cout]), u).reshape([kh, kw, cin, cout]) as Tensor4D;
}

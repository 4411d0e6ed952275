import { centreKernel, identityKernel, type Site, type Tensors } from '@overparam/core-reparam';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
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
  return others ? core.add(others) : core;
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

/**
 * s_c (V M U), with V = I + a V^ and U = I + a U^.
 *
 * M is unfolded so that V acts on its rows and U on its columns: channels alone, or FNL's pairs, where a row is
 * (channel, column of the image) and a column is (channel, row of the image). s_c weighs U's columns where these are
 * the output channels, which is less to compute than weighing the kernel.
 */
function framedCore(
  { strength, unfolded, scales }: Structure,
  core: Tensor4D,
  { u, v, scale_core: scale }: Tensors,
): Tensor4D {
  const frame = (offset: Tensor) => tf.eye(offset.shape[0]!).add(offset.mul(strength));
  const foldsScale = scales && u !== undefined && !unfolded;
  const scaled = (kernel: Tensor) => (scales && !foldsScale ? kernel.mul(scale!) : kernel) as Tensor4D;
  if (!u && !v) return scaled(core);

  const [kh, kw, cin, cout] = core.shape;
  const [rows, columns] = unfolded ? [cin * kw, cout * kh] : [cin, cout];
  const [there, back] = unfolded
    ? [
        [2, 1, 3, 0],
        [3, 1, 0, 2],
      ]
    : [
        [2, 0, 1, 3],
        [1, 2, 0, 3],
      ];
  let matrix: Tensor = core.transpose(there);
  const { shape } = matrix;
  if (v) matrix = tf.matMul(frame(v), matrix.reshape([rows, -1]));
  if (u) matrix = tf.matMul(matrix.reshape([-1, columns]), foldsScale ? frame(u).mul(scale!) : frame(u));
  return scaled(matrix.reshape(shape).transpose(back));
}

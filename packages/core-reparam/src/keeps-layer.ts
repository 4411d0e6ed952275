import type { PlainLayer, PlainWeights, Site } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { equalPadding } from './algebra/geometry';
import { foldNorm } from './algebra/norms';
import { gapBetween } from './closeness';

/** What rounding may make of a kernel that is composed of the given one. */
const rounding = 1e-5;

/**
 * Whether what an expansion collapses to is the given layer, with its norm where that is taken over; called inside a
 * tidy.
 */
export function keepsLayer(
  layers: readonly PlainLayer[],
  { kernel, bias, norm }: PlainWeights,
  site: Site,
  takesNorm: boolean,
): boolean {
  const [only, ...more] = layers;
  if (!only || more.length > 0) return false;
  const moves = [...only.strides, ...only.dilation].join() === [...site.strides, ...site.dilation].join();
  if (!moves || !equalPadding(only.padding, site.padding)) return false;
  const wanted = takesNorm && norm ? foldNorm(kernel, bias, norm, site.norm!.epsilon) : { kernel, bias };
  const none = tf.zeros([site.kernelShape[3]]);
  return (
    gapBetween(only.kernel, wanted.kernel) <= rounding &&
    gapBetween(only.bias ?? none, wanted.bias ?? none) <= rounding
  );
}

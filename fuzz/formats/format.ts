import type * as tf from '@tensorflow/tfjs';
import type { Random } from '../networks/random';

/**
 * Writes a network in a format, reads it back with what others read it with, and compares.
 *
 * @param expected  what the network makes of the inputs on tfjs's plain backend
 * @returns         the gap
 * @throws OverparamError where the network is refused
 */
export type FormatCheck = (
  model: tf.LayersModel,
  inputs: readonly tf.Tensor[],
  expected: readonly tf.Tensor[],
  random: Random,
) => Promise<number>;

import * as tf from '@tensorflow/tfjs';
import type { Kernel } from './kernel';

/**
 * A sum in the order of its inputs. TensorFlow's own op begins with the first input whose memory it may write to, which
 * depends on what runs beside it: the same step would give other last bits each time.
 */
const addN: Kernel = (_backend, inputs) => {
  const [first, ...others] = Object.values(inputs);
  return others.reduce((sum, next) => tf.add(sum, next), first!.clone());
};

/** Sums of several tensors. */
export const addNKernels: Readonly<Record<string, Kernel>> = { AddN: addN };

import type * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import type { Expected, Plain } from '../case';
import { activations } from './activations';
import { largest } from './convolution';

/** An activation that tfjs fuses with what is before it. */
export type FusedActivation = 'linear' | 'relu' | 'relu6' | 'elu' | 'sigmoid' | 'leakyrelu' | 'prelu';

/** Any of them. */
export const fusedActivations = fc.constantFrom<FusedActivation>(
  'linear',
  'relu',
  'relu6',
  'elu',
  'sigmoid',
  'leakyrelu',
  'prelu',
);

const alpha = 0.25;

/** The settings of a fused op. */
export function activationOf(activation: FusedActivation, slopes: tf.Tensor) {
  return {
    activation: activation as 'relu',
    ...(activation === 'leakyrelu' ? { leakyreluAlpha: alpha } : {}),
    ...(activation === 'prelu' ? { preluActivationWeights: slopes } : {}),
  };
}

/** Adds a bias along the last axis and applies an activation. */
export function activated(
  y: Expected,
  bias: Plain | null,
  activation: FusedActivation,
  slopes: Plain,
): Expected {
  const channels = y.shape.at(-1)!;
  const values = y.values.map((value, i) => {
    const z = value + (bias === null ? 0 : bias.values[i % channels]!);
    if (activation === 'leakyrelu') return z > 0 ? z : alpha * z;
    if (activation === 'prelu') return z > 0 ? z : slopes.values[i % channels]! * z;
    return activations[activation](z);
  });
  const scale = (y.scale ?? largest(y.values)) + (bias === null ? 0 : largest(bias.values));
  return { shape: y.shape, values, scale: activation === 'sigmoid' ? Math.max(1, scale) : scale };
}

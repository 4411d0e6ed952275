import type { ParameterSpec, Site, Tensors } from '@overparam/plugin';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import type { Structure } from './structure';

type CoreStructure = Pick<Structure, 'taps' | 'normalised'>;

/** Kept away from a division by zero; far below any square of a length that trains. */
const least = 1e-12;

/** `[1, 1, 1, cout]`: the length of each output channel's part of a core. */
function lengths(core: Tensor4D): Tensor {
  return core.square().sum([0, 1, 2], true).add(least).sqrt();
}

/** What a core has beside its kernel. */
export function coreParameters(
  { kernelShape: [kh, kw, , cout] }: Site,
  structure: CoreStructure,
): ParameterSpec[] {
  const { taps, normalised } = structure;
  return [
    ...(taps ? [{ name: 'taps', shape: [kh, kw, 1, 1], role: 'scale' } as const] : []),
    ...(normalised ? [{ name: 'core_length', shape: [cout], role: 'scale' } as const] : []),
  ];
}

/**
 * The core as frames see it: its directions times trained lengths (as Salimans and Kingma normalise weights, NeurIPS 2016),
 * and each tap times its number. Called inside a tidy.
 */
export function formedCore(core: Tensor4D, structure: CoreStructure, parameters: Tensors): Tensor4D {
  const { taps, normalised } = structure;
  const directed = normalised ? core.div(lengths(core)).mul(parameters.core_length!) : core;
  return (taps ? directed.mul(parameters.taps!) : directed) as Tensor4D;
}

/** First values under which a core is as it was; the caller disposes. */
export function coreValues(core: Tensor4D, site: Site, { taps, normalised }: CoreStructure): Tensors {
  const [kh, kw, , cout] = site.kernelShape;
  return {
    ...(taps && { taps: tf.ones([kh, kw, 1, 1]) }),
    ...(normalised && { core_length: tf.tidy(() => lengths(core).reshape([cout])) }),
  };
}

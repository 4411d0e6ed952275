import type { ParameterSpec, Site, Tensors } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import type { Structure } from './structure';

/** What a scale weighs. */
export type Part = 'core' | 'pointwise' | 'identity';

/** The parts that scales weigh, the core first; none without scales. */
function weighed({ scales, pointwise, identity }: Structure): Part[] {
  if (!scales) return [];
  return [
    'core',
    ...(pointwise ? (['pointwise'] as const) : []),
    ...(identity ? (['identity'] as const) : []),
  ];
}

/** The name of a part's scale. */
export const scaleOf = (part: Part) => `scale_${part}`;

/** A number for each output channel and part. */
export function scaleParameters({ kernelShape }: Site, structure: Structure): ParameterSpec[] {
  return weighed(structure).map((part) => ({
    name: scaleOf(part),
    shape: [kernelShape[3]],
    role: 'scale',
  }));
}

/** First values, under which each part weighs `weight`; the caller disposes. */
export function scaleValues(
  { kernelShape }: Site,
  structure: Structure,
  weight: (part: Part) => number,
): Tensors {
  return Object.fromEntries(
    weighed(structure).map((part) => [scaleOf(part), tf.fill([kernelShape[3]], weight(part))]),
  );
}

import { foldKey, type Key, normalTensor } from '@overparam/engine';
import type { ParameterSpec, Site, StateSpec, Tensors } from '@overparam/plugin';
import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import type { Structure } from './structure';

/** Numbers of the learned vector, and of what lies between it and the scales. */
const code = 8;
const hidden = 16;

/** The parts that scales weigh, the core first. */
function weighed({ pointwise, identity }: Structure): string[] {
  return ['core', ...(pointwise ? ['pointwise'] : []), ...(identity ? ['identity'] : [])];
}

/** Parameters and states of the scales; none where there are none. */
export function scaleSpecs(
  { kernelShape }: Site,
  structure: Structure,
): { readonly parameters: ParameterSpec[]; readonly state: StateSpec[] } {
  const cout = kernelShape[3];
  if (!structure.scales) return { parameters: [], state: [] };
  const names = weighed(structure).map((part) => `scale_${part}`);
  const of = (name: string, shape: number[]): ParameterSpec => ({ name, shape, role: 'scale' });
  if (!structure.generated) return { parameters: names.map((name) => of(name, [cout])), state: [] };
  return {
    parameters: [
      of('scale_code', [1, code]),
      of('scale_hidden', [code, hidden]),
      ...names.map((name) => of(`${name}_head`, [hidden, cout])),
    ],
    state: names.map((name) => ({ name, shape: [cout] })),
  };
}

/**
 * The scale of a part, `[cout]`: trained as it is, or a constant and what a network of two layers makes of a learned vector,
 * which like OP-LoRA's generator is folded away at collapse. Called inside a tidy.
 */
export function scaleOf(part: string, { generated }: Structure, parameters: Tensors, state: Tensors): Tensor {
  const name = `scale_${part}`;
  if (!generated) return parameters[name]!;
  const between = tf
    .matMul(parameters.scale_code as tf.Tensor2D, parameters.scale_hidden as tf.Tensor2D)
    .relu();
  const made = tf.matMul(between as tf.Tensor2D, parameters[`${name}_head`] as tf.Tensor2D);
  return state[name]!.add(made.reshape([-1]));
}

/** First values, under which each part weighs `weight`; the caller disposes. */
export function scaleValues(
  { kernelShape }: Site,
  structure: Structure,
  weight: (part: string) => number,
  key: Key,
): Tensors {
  const cout = kernelShape[3];
  if (!structure.scales) return {};
  const parts = weighed(structure);
  const constants = parts.map((part) => [`scale_${part}`, tf.fill([cout], weight(part))] as const);
  if (!structure.generated) return Object.fromEntries(constants);
  return {
    ...Object.fromEntries(constants),
    scale_code: normalTensor(foldKey(key, 'code'), [1, code], 0, 1),
    scale_hidden: normalTensor(foldKey(key, 'hidden'), [code, hidden], 0, Math.sqrt(2 / code)),
    ...Object.fromEntries(parts.map((part) => [`scale_${part}_head`, tf.zeros([hidden, cout])])),
  };
}

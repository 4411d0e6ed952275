import { weightSpace } from '@overparam/core-reparam';
import { foldKey, type Key, normalTensor } from '@overparam/engine';
import type { Method, ParameterSpec, PlainWeights, Site, Tensors } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { branchSum, composedKernel } from './compose';
import { type Cores, coresOf } from './cores';
import { options, type TriRepOptions } from './options';
import { type Structure, structureOf } from './structure';

/**
 * TriRep: a core between two frames, beside a 1x1 kernel and the identity, each weighed by a trained scale.
 * All of it is one kernel and one convolution, and the host's norm stays.
 *
 * This project's own definition; no publication is known to define it in this form.
 */
export const trirep: Method<TriRepOptions> = {
  apiVersion: 1,
  name: 'trirep',
  summary: 'Framed cores and scaled branches in weight space: one convolution a layer.',
  options,
  kinds: ['conv2d', 'dense', 'conv1d', 'depthwise'],
  supports: ({ kind }) =>
    kind !== 'depthwise' ||
    'a depthwise convolution is not supported: frames mix channels, which it keeps apart',
  expand(site, given) {
    const structure = structureOf(site, given);
    const cores = coresOf(site, given);
    return weightSpace(site, {
      parameters: [...cores.parameters, ...parametersOf(site, structure)],
      state: cores.state,
      ...(cores.perTask && { perTask: cores.perTask }),
      ...(cores.regulariser && { regulariser: cores.regulariser }),
      kernel: (parameters, state, task) =>
        composedKernel(site, structure, cores.core(parameters, state, task), parameters),
      initialise: (plain, key) => initialise(site, structure, cores, given, plain, key),
      decay: given.decay === 'frobenius' ? 'kernel' : 'parameters',
    });
  },
};

function parametersOf(
  { kernelShape }: Site,
  { u, v, pointwise, identity, scales }: Structure,
): ParameterSpec[] {
  const [, , cin, cout] = kernelShape;
  const scale = (name: string): ParameterSpec => ({ name: `scale_${name}`, shape: [cout], role: 'scale' });
  const list: ParameterSpec[] = [];
  if (u) list.push({ name: 'u', shape: [u, u], role: 'frame', block: 'U' });
  if (v) list.push({ name: 'v', shape: [v, v], role: 'frame', block: 'V' });
  if (pointwise) list.push({ name: 'pointwise', shape: [1, 1, cin, cout], role: 'branch' });
  if (scales) list.push(scale('core'));
  if (scales && pointwise) list.push(scale('pointwise'));
  if (scales && identity) list.push(scale('identity'));
  return list;
}

/**
 * U^ = V^ = 0 and a Kaiming-normal K1. The core begins as the given kernel; where `preserve` has no scales to
 * switch the branches off, it is what they leave of it.
 */
function initialise(
  site: Site,
  structure: Structure,
  cores: Cores,
  { start }: TriRepOptions,
  { kernel }: PlainWeights,
  key: Key,
): Tensors {
  return tf.tidy(() => {
    const [, , cin, cout] = site.kernelShape;
    const { u, v, pointwise, identity, scales } = structure;
    const count = 1 + Number(pointwise) + Number(identity);
    const equal = 1 / Math.sqrt(count);
    const weight = (isCore: boolean) => (start === 'fresh' ? equal : Number(isCore));
    const values: Record<string, tf.Tensor> = {};
    if (u) values.u = tf.zeros([u, u]);
    if (v) values.v = tf.zeros([v, v]);
    if (pointwise)
      values.pointwise = normalTensor(foldKey(key, 'pointwise'), [1, 1, cin, cout], 0, Math.sqrt(2 / cin));
    if (scales) {
      values.scale_core = tf.fill([cout], weight(true));
      if (pointwise) values.scale_pointwise = tf.fill([cout], weight(false));
      if (identity) values.scale_identity = tf.fill([cout], weight(false));
    }
    const others = start === 'preserve' && !scales ? branchSum(site, structure, values) : null;
    return { ...values, ...cores.initialise(others ? kernel.sub(others) : kernel) };
  });
}

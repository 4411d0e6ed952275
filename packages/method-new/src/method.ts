import { weightSpace } from '@overparam/core-reparam';
import { foldKey, type Key, normalTensor } from '@overparam/engine';
import type { Method, ParameterSpec, PlainWeights, Site, Tensors } from '@overparam/plugin';
import type { Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { branchVariances, normStates, normValues } from './branch-norms';
import { branchSum, composedKernel, framedCore, inputFrame, kernelParts } from './compose';
import { coreParameters, coreValues } from './core-forms';
import { type Cores, coresOf } from './cores';
import { fading } from './fading';
import { options, type TriRepOptions } from './options';
import { scaleSpecs, scaleValues } from './scales';
import { type Structure, structureOf } from './structure';
import { covarianceOf, whiteningStates, whiteningValues } from './whitening';

/**
 * TriRep: a core between two frames, beside a 1x1 kernel and the identity, each weighed by a trained scale.
 * All of it is one kernel and one convolution, and the host's norm stays.
 *
 * This project's own definition; no publication is known to define it in this form. Its channel frames have a near-twin in
 * "Stacking More Linear Operations with Orthogonal Regularization to Learn Better" (ICIP 2022,
 * https://openreview.net/forum?id=zM5yrFQZ5p): 1x1 convolutions around each k x k one, kept nearly orthogonal by a penalty.
 */
export const trirep: Method<TriRepOptions> = {
  apiVersion: 1,
  name: 'trirep',
  summary: 'Framed cores and scaled branches in weight space: one convolution a layer.',
  options,
  controls: {
    framesOnly: {
      summary: 'the core in its frames, without branches',
      options: { branches: { pointwise: false, identity: false } },
    },
    branchesOnly: { summary: 'the branches, without frames around the core', options: { frames: 'none' } },
    weightDecay: {
      summary: 'ordinary weight decay on each factor in place of Frobenius decay',
      options: { decay: 'parameters' },
    },
  },
  kinds: ['conv2d', 'dense', 'conv1d', 'depthwise'],
  supports({ kind, tasks }, { frames, fading, start, branchNorms, multiTask }) {
    if (kind === 'depthwise')
      return 'a depthwise convolution is not supported: frames mix channels, which it keeps apart';
    if (fading !== 'none' && start === 'preserve')
      return 'a nonlinearity that fades changes the layer that start: preserve keeps; use start: fresh';
    if (fading !== 'none' && branchNorms)
      return 'a nonlinearity that fades and norms of branches are not supported together; use one of them';
    if (
      (branchNorms || frames === 'whitening') &&
      tasks.length > 1 &&
      ['perTask', 'merge'].includes(multiTask)
    )
      return `${branchNorms ? 'norms of branches are' : 'a frame that whitens is'} not supported with multiTask: ${multiTask}: each task's trunk has inputs of its own, and what all share follows one; use routed or shared`;
    return true;
  },
  expand(site, given) {
    const structure = structureOf(site, given);
    const cores = coresOf(site, given);
    const scales = scaleSpecs(site, structure);
    const linear = weightSpace(site, {
      parameters: [...cores.parameters, ...parametersOf(site, structure), ...scales.parameters],
      state: [
        ...cores.state,
        ...scales.state,
        ...normStates(site, structure),
        ...whiteningStates(site, structure),
      ],
      ...(cores.perTask && { perTask: cores.perTask }),
      ...(cores.regulariser && { regulariser: cores.regulariser }),
      ...((structure.norms || structure.whitening) && {
        statistics: (x, parameters) => ({
          ...(structure.norms && branchVariances(x, structure, parameters)),
          ...(structure.whitening && { covariance: covarianceOf(x) }),
        }),
      }),
      kernel: (parameters, state, task) =>
        composedKernel(site, structure, cores.core(parameters, state, task), parameters, state),
      parts: (parameters, state) =>
        kernelParts(site, structure, cores.core(parameters, state, null), parameters, state),
      initialise: (plain, key) => initialise(site, structure, cores, given, plain, key),
      decay: given.decay === 'frobenius' ? 'kernel' : 'parameters',
    });
    if (!structure.fading) return linear;
    return fading(site, linear, {
      before: (parameters) => inputFrame(structure, parameters),
      after: (parameters, state, task) =>
        framedCore(
          { ...structure, v: null },
          cores.core(parameters, state, task),
          withoutV(parameters),
          state,
        ),
      beside: (parameters, state) => branchSum(site, structure, parameters, state),
    });
  },
};

function withoutV({ v: _v, ...parameters }: Tensors): Tensors {
  return parameters;
}

function parametersOf(site: Site, structure: Structure): ParameterSpec[] {
  const [, , cin, cout] = site.kernelShape;
  const { u, v, pointwise } = structure;
  const list: ParameterSpec[] = [];
  if (u) list.push({ name: 'u', shape: [u, u], role: 'frame', block: 'U' });
  if (v) list.push({ name: 'v', shape: [v, v], role: 'frame', block: 'V' });
  if (pointwise) list.push({ name: 'pointwise', shape: [1, 1, cin, cout], role: 'branch' });
  return [...list, ...coreParameters(site, structure)];
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
    const { u, v, pointwise, identity } = structure;
    const count = 1 + Number(pointwise) + Number(identity);
    const equal = 1 / Math.sqrt(count);
    const weight = (isCore: boolean) => (start === 'fresh' ? equal : Number(isCore));
    const values: Record<string, tf.Tensor> = {};
    if (u) values.u = tf.zeros([u, u]);
    if (v) values.v = tf.zeros([v, v]);
    if (pointwise)
      values.pointwise = normalTensor(foldKey(key, 'pointwise'), [1, 1, cin, cout], 0, Math.sqrt(2 / cin));
    const isCore = (part: string) => part === 'core';
    Object.assign(values, normValues(site, structure), whiteningValues(site, structure));
    Object.assign(
      values,
      scaleValues(site, structure, (part) => weight(isCore(part)), key),
    );
    const others =
      start === 'preserve' && !structure.scales ? branchSum(site, structure, values, values) : null;
    const core = (others ? kernel.sub(others) : kernel) as Tensor4D;
    return { ...values, ...coreValues(core, site, structure), ...cores.initialise(core) };
  });
}

import { weightSpace } from '@overparam/core-reparam';
import { foldKey, type Key, normalTensor } from '@overparam/engine';
import type { Method, ParameterSpec, PlainWeights, Site, Tensors } from '@overparam/plugin';
import type { Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { branchSum, composedKernel, kernelParts } from './compose';
import { type Cores, coresOf } from './cores';
import { options, type TriRepOptions } from './options';
import { scaleParameters, scaleValues } from './scales';
import { hasTrunks, isBare, type Structure, structureOf } from './structure';
import { covarianceOf, momentumOf, whiteningStates, whiteningValues } from './whitening';

/**
 * TriRep: a core behind a frame that whitens what comes in, or between two trained frames, beside a 1x1 kernel and the identity,
 * each weighed by a trained scale. All of it is one kernel and one convolution, and the host's norm stays.
 *
 * This project's own definition; no publication is known to define it in this form. Its trained frames have a near-twin in
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
  supports(site, given) {
    const { kind, tasks } = site;
    const { frames, multiTask } = given;
    if (kind === 'depthwise')
      return 'a depthwise convolution is not supported: frames mix channels, which it keeps apart';
    if (frames === 'whitening' && hasTrunks(tasks, multiTask))
      return `a frame that whitens is not supported with multiTask: ${multiTask}: each task's trunk has inputs of its own, and what all share follows one; use routed or shared`;
    if (isBare(site, given))
      return 'frames: auto puts nothing around a 1x1 kernel or a dense layer, which stays as it is; frames: channel puts trained ones there';
    return true;
  },
  expand(site, given) {
    const structure = structureOf(site, given);
    const cores = coresOf(site, given);
    return weightSpace(site, {
      parameters: [...cores.parameters, ...factorsOf(site, structure), ...scaleParameters(site, structure)],
      state: [...cores.state, ...whiteningStates(site, structure)],
      ...(cores.perTask && { perTask: cores.perTask }),
      ...(cores.regulariser && { regulariser: cores.regulariser }),
      ...(structure.whitening && {
        statistics: (x) => ({ covariance: covarianceOf(x) }),
        momentum: momentumOf,
      }),
      kernel: (parameters, state, task) =>
        composedKernel(site, structure, cores.core(parameters, state, task), parameters, state),
      parts: (parameters, state) =>
        kernelParts(site, structure, cores.core(parameters, state, null), parameters, state),
      initialise: (plain, key) => initialise(site, structure, cores, given, plain, key),
      decay: given.decay === 'frobenius' ? 'kernel' : 'parameters',
      warnings: warningsOf(structure, given),
    });
  },
};

function factorsOf({ kernelShape }: Site, { u, v, pointwise }: Structure): ParameterSpec[] {
  const [, , cin, cout] = kernelShape;
  return [
    ...(u ? [{ name: 'u', shape: [u, u], role: 'frame', block: 'U' } as const] : []),
    ...(v ? [{ name: 'v', shape: [v, v], role: 'frame', block: 'V' } as const] : []),
    ...(pointwise ? [{ name: 'pointwise', shape: [1, 1, cin, cout], role: 'branch' } as const] : []),
  ];
}

function warningsOf({ whitening }: Structure, { start }: TriRepOptions): string[] {
  if (!whitening || start === 'fresh') return [];
  return [
    'start: preserve begins as the given layer, and a frame that whitens changes it at the first update. Use frames: channel to go on from it.',
  ];
}

/**
 * U^ = V^ = 0, a first covariance that whitens nothing, and a Kaiming-normal K1. The core begins as the given kernel; where
 * `preserve` has no scales to switch the branches off, it is what they leave of it.
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
    const equal = 1 / Math.sqrt(1 + Number(pointwise) + Number(identity));
    const values: Record<string, tf.Tensor> = {
      ...whiteningValues(site, structure),
      ...scaleValues(site, structure, (part) => (start === 'fresh' ? equal : Number(part === 'core'))),
    };
    if (u) values.u = tf.zeros([u, u]);
    if (v) values.v = tf.zeros([v, v]);
    if (pointwise)
      values.pointwise = normalTensor(foldKey(key, 'pointwise'), [1, 1, cin, cout], 0, Math.sqrt(2 / cin));
    const others = start === 'preserve' && !scales ? branchSum(site, structure, values) : null;
    return { ...values, ...cores.initialise((others ? kernel.sub(others) : kernel) as Tensor4D) };
  });
}

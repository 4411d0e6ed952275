import type { Expansion, ParameterSpec, Site, StateSpec, Tensors } from '@overparam/plugin';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import type { TriRepOptions } from './options';

/** How the tasks that share a layer have cores in it. */
export interface Cores {
  readonly parameters: readonly ParameterSpec[];
  readonly state: readonly StateSpec[];
  readonly perTask?: Expansion['perTask'];
  readonly regulariser?: Expansion['regulariser'];
  /** The core that a task sees, or that all share where `task` is null; called inside a tidy. */
  core(parameters: Tensors, state: Tensors, task: string | null): Tensor4D;
  /** First values from the kernel that the core begins as; the caller disposes. */
  initialise(kernel: Tensor4D): Tensors;
}

/** One core, in single-task networks and in layers that belong to one task. */
function sharedCore({ kernelShape }: Site): Cores {
  return {
    parameters: [{ name: 'core', shape: kernelShape, role: 'core', continues: 'kernel' }],
    state: [],
    core: ({ core }) => core as Tensor4D,
    initialise: (kernel) => ({ core: tf.clone(kernel) }),
  };
}

const coreOf = (task: string) => `core_${task}`;

function coreOfEach({ kernelShape, tasks }: Site): ParameterSpec[] {
  return tasks.map((task) => ({ name: coreOf(task), shape: kernelShape, role: 'core', task }));
}

/**
 * M_0 + sum over tasks of M_t. M_0 is the first kernel and stays as it is, M_t begins at zero, and the
 * training loop moves each M_t by its own task's loss: under plain SGD the sum moves as one core would, under
 * Adam each task's gradient is normalised by itself.
 */
function routedCores(site: Site): Cores {
  return {
    parameters: coreOfEach(site),
    // No task's core is called so, whatever the task's name.
    state: [{ name: 'core', shape: site.kernelShape }],
    core: (parameters, state) =>
      tf.addN([state.core!, ...site.tasks.map((task) => parameters[coreOf(task)]!)]) as Tensor4D,
    initialise: (kernel) => ({
      core: tf.clone(kernel),
      ...Object.fromEntries(site.tasks.map((task) => [coreOf(task), tf.zerosLike(kernel)])),
    }),
  };
}

/**
 * A core M_t for each task. With `merging`, a task sees Mbar + (1 - tau) (M_t - Mbar), so that at tau = 1 all
 * see the mean and one network remains.
 */
function separateCores(site: Site, merging: boolean, penalty: number): Cores {
  const mean = (parameters: Tensors) =>
    tf.addN(site.tasks.map((task) => parameters[coreOf(task)]!)).div(site.tasks.length) as Tensor4D;
  const drawn = (own: Tensor, parameters: Tensors, tau: Tensor) => {
    const middle = mean(parameters);
    return middle.add(own.sub(middle).mul(tf.sub(1, tau))) as Tensor4D;
  };
  const pull = (parameters: Tensors, state: Tensors) =>
    tf.tidy(() => {
      const middle = mean(parameters);
      const apart = site.tasks.map((task) => parameters[coreOf(task)]!.sub(middle).square().sum());
      return tf
        .addN(apart)
        .mul(state.tau!)
        .mul(penalty / 2)
        .asScalar();
    });
  return {
    parameters: coreOfEach(site),
    state: merging ? [{ name: 'tau', shape: [], follows: 'tau' }] : [],
    perTask: merging ? 'merging' : 'separate',
    ...(merging && penalty > 0 && { regulariser: pull }),
    core(parameters, state, task) {
      if (task === null) return mean(parameters);
      const own = parameters[coreOf(task)]!;
      return merging ? drawn(own, parameters, state.tau!) : (own as Tensor4D);
    },
    initialise: (kernel) => ({
      ...Object.fromEntries(site.tasks.map((task) => [coreOf(task), tf.clone(kernel)])),
      ...(merging ? { tau: tf.scalar(0) } : {}),
    }),
  };
}

/** The cores of a layer: one where a single task or none reaches it. */
export function coresOf(site: Site, { multiTask, mergePenalty }: TriRepOptions): Cores {
  if (site.tasks.length < 2 || multiTask === 'shared') return sharedCore(site);
  return multiTask === 'routed'
    ? routedCores(site)
    : separateCores(site, multiTask === 'merge', mergePenalty);
}

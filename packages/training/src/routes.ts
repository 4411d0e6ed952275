import type { Phase, Task } from '@overparam/plugin';
import { movingParameters } from './groups';
import type { TrainedNetwork, TrainedParameter } from './network';

/** Which losses move which parameters of a phase. */
export interface Routes {
  /** Moved by every followed loss that reaches them. */
  readonly shared: readonly TrainedParameter[];
  /**
   * Parameters of one task inside layers that all tasks share and whose output all of them see: moved by their own
   * task's loss alone, although the others' reach them too. Lists by task that agree in layers and order.
   */
  readonly routed: ReadonlyMap<string, readonly TrainedParameter[]>;
  /**
   * Parameters of a task's own trunk in layers that all tasks share. No other loss reaches them, unless trunks are drawn
   * together.
   */
  readonly trunks: readonly TrainedParameter[];
  /** Parameters of layers that belong to one task. */
  readonly heads: readonly TrainedParameter[];
}

/** The task that a phase follows, or null for the balanced sum. */
export function followedTask({ loss }: Phase): string | null {
  return loss === 'balanced' ? null : loss.task;
}

/**
 * Sorts the parameters that a phase moves by whose gradient they take. A phase that follows one task leaves out what
 * belongs to others.
 *
 * @param trunks  tasks with a trunk of their own in the network
 */
export function routesOf(
  phase: Phase,
  tasks: readonly Task[],
  parameters: readonly TrainedParameter[],
  trunks: readonly string[],
): Routes {
  const followed = followedTask(phase);
  const isFollowed = (task: string | null) => followed === null || task === null || task === followed;
  const moving = movingParameters(phase, parameters).filter(
    ({ task, owner }) => isFollowed(task) && isFollowed(owner),
  );
  return sorted(moving, tasks, trunks);
}

/** Routes of all parameters of a network, whichever phases move them. */
export function routesOfAll(
  { parameters, trunks }: Pick<TrainedNetwork, 'parameters' | 'trunks'>,
  tasks: readonly Task[],
): Routes {
  return sorted(parameters, tasks, trunks);
}

function sorted(
  moving: readonly TrainedParameter[],
  tasks: readonly Task[],
  trunks: readonly string[],
): Routes {
  const heads = moving.filter(({ owner }) => owner !== null);
  const inside = moving.filter(({ owner, task }) => owner === null && task !== null);
  const isRouted = trunks.length === 0;
  return {
    shared: moving.filter(({ owner, task }) => owner === null && task === null),
    routed: new Map(
      tasks.flatMap(({ name }) => {
        const own = isRouted ? inside.filter(({ task }) => task === name) : [];
        return own.length > 0 ? [[name, own] as const] : [];
      }),
    ),
    trunks: isRouted ? [] : inside,
    heads,
  };
}

/** All parameters that some loss may move. */
export function allOf({ shared, routed, trunks, heads }: Routes): TrainedParameter[] {
  return [...shared, ...[...routed.values()].flat(), ...trunks, ...heads];
}

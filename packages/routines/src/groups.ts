import { type GroupSelector, matchesGroup, type RunShape } from '@overparam/plugin';

/** The factor that carries the kernel, and what stands beside it. */
const coreRoles = ['core', 'branch', 'scale'] as const;

/**
 * The core group: cores, branches and scales.
 *
 * @param task  of this task only; null: of none; left out: of any
 */
export function coreGroups(task?: string | null): GroupSelector[] {
  return coreRoles.map((role) => (task === undefined ? { role } : { role, task }));
}

/** The factors around the cores. */
export const frameGroups: readonly GroupSelector[] = [{ role: 'frame' }];

/** All that a method adds or replaces, norms aside: the core group and the frames. */
export const expandedGroups: readonly GroupSelector[] = [...coreGroups(), ...frameGroups];

/** Whether any of the selectors chooses a group of the run that has parameters. */
export function movesAny(selectors: readonly GroupSelector[], run: RunShape): boolean {
  return run.groups.some(
    (group) => group.size > 0 && selectors.some((selector) => matchesGroup(selector, group)),
  );
}

/** Tasks with parameters of their own in the core group, in the run's order. */
export function tasksWithCores(run: RunShape): readonly string[] {
  return run.tasks.filter((task) => movesAny(coreGroups(task), run));
}

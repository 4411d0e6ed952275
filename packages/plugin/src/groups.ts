import type { GroupSelector, ParameterGroup } from './contracts';

/** Whether a selector means a group of parameters; a field that it leaves out matches all, null those that have none. */
export function matchesGroup(
  { role, block, task }: GroupSelector,
  group: Pick<ParameterGroup, 'role' | 'block' | 'task'>,
): boolean {
  const fits = (wanted: string | null | undefined, found: string | null) =>
    wanted === undefined || wanted === found;
  return fits(role, group.role) && fits(block, group.block) && fits(task, group.task);
}

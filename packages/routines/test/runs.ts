import {
  type GroupSelector,
  matchesGroup,
  type ParameterGroup,
  parseOptions,
  type Role,
  type Routine,
  type RunShape,
  type Schedule,
} from '@overparam/plugin';

export const group = (
  role: Role,
  block: string | null = null,
  task: string | null = null,
): ParameterGroup => ({
  role,
  block,
  task,
  size: 10,
});

/** Groups as TriRep, FNL (wide), RepVGG, no method, and routed TriRep for two tasks have them. */
export const networks = {
  trirep: [
    group('plain'),
    group('norm'),
    group('core'),
    group('frame', 'U'),
    group('frame', 'V'),
    group('branch'),
    group('scale'),
  ],
  fnlWide: [group('plain'), group('norm'), group('frame', 'U'), group('frame', 'V')],
  oneFrame: [group('plain'), group('core'), group('frame')],
  repvgg: [group('plain'), group('norm'), group('branch')],
  plain: [group('plain'), group('norm')],
  routed: [
    group('plain'),
    group('plain', null, 'depth'),
    group('core'),
    group('core', null, 'depth'),
    group('core', null, 'normals'),
    group('frame', 'U'),
    group('frame', 'V'),
    group('branch'),
    group('scale'),
  ],
} satisfies Record<string, ParameterGroup[]>;

export type NetworkName = keyof typeof networks;

export function runOf(
  network: NetworkName,
  updates = 20,
  updatesPerEpoch = 2,
  key: readonly [number, number] = [1, 2],
): RunShape {
  const tasks = network === 'routed' ? ['depth', 'normals'] : ['classes'];
  return { updates, updatesPerEpoch, tasks, groups: networks[network], key };
}

/** Plans with options as a config gives them. */
// biome-ignore lint/suspicious/noExplicitAny: each routine's schema guards its options.
export function planOf(routine: Routine<any>, run: RunShape, options: object = {}): Schedule {
  return routine.plan(run, parseOptions(routine.options, options, `routine "${routine.name}"`));
}

export function updatesOf(schedule: Schedule, run: RunShape) {
  return Array.from({ length: run.updates }, (_, index) => schedule.at(index));
}

/** Names of the phases, update by update. */
export function phasesOf(schedule: Schedule, run: RunShape): string {
  return updatesOf(schedule, run)
    .map(({ phase }) => phase)
    .join(' ');
}

/** Groups that a phase moves, plain ones and norms aside, as `role/block/task`. */
export function movedBy(schedule: Schedule, phase: string, run: RunShape): string[] {
  const { moves } = schedule.phases.find(({ name }) => name === phase)!;
  return chosen(moves, run);
}

export function chosen(selectors: readonly GroupSelector[], run: RunShape): string[] {
  return run.groups
    .filter((candidate) => selectors.some((selector) => matchesGroup(selector, candidate)))
    .map(({ role, block, task }) => [role, block, task].filter((part) => part !== null).join('/'));
}

import { isOverparamError } from '@overparam/errors';
import type { ParameterGroup, Phase, Role, Routine, RunShape, Schedule, Stage } from '../contracts';
import { matchesGroup } from '../groups';
import { parseOptions } from '../options';
import { testPart } from './part';
import { type DefineTest, ensure, patient } from './runner';

/** What {@link testRoutine} is told. */
export interface RoutineKit {
  /** vitest's `test`. */
  readonly test: DefineTest;
  /** Options to test with, each a set of its own; the defaults where left out. */
  readonly options?: readonly unknown[];
  /** Fewest updates that the routine can plan with these options; shorter runs it refuses as `invalid-options`. 1 where left out. */
  readonly fewestUpdates?: number;
}

const group = (
  role: ParameterGroup['role'],
  block: string | null = null,
  task: string | null = null,
): ParameterGroup => ({
  role,
  block,
  task,
  size: 10,
});

const roles: readonly unknown[] = ['core', 'frame', 'branch', 'scale', 'norm', 'plain'] satisfies Role[];
const stages: readonly unknown[] = ['plain', 'expanded', 'collapsed'] satisfies Stage[];

/** The groups of networks with one task. */
const networks: Readonly<Record<string, readonly ParameterGroup[]>> = {
  'core, frames, branches and scales': [
    group('plain'),
    group('core'),
    group('frame', 'U'),
    group('frame', 'V'),
    group('branch'),
    group('scale'),
  ],
  'branches with norms': [
    group('plain'),
    group('core', 'main'),
    group('branch', 'pointwise'),
    group('norm', 'main'),
  ],
  'no expansion': [group('plain')],
};

/** The groups of networks with several tasks. */
const networksOfTasks: Readonly<Record<string, readonly ParameterGroup[]>> = {
  'a core for each task and shared frames': [
    group('plain'),
    group('core', null, 'first'),
    group('core', null, 'second'),
    group('frame', 'U'),
    group('frame', 'V'),
    group('branch'),
  ],
  'all of it for each task, and a core that both share': [
    group('plain'),
    group('core'),
    ...['first', 'second'].flatMap((task) => [
      group('core', null, task),
      group('frame', 'U', task),
      group('scale', null, task),
      group('norm', null, task),
    ]),
  ],
  'shared layers alone': [group('plain'), group('core'), group('frame', 'U')],
};

/**
 * The conformance kit of the contract `Routine`: a plan is a pure function that covers every update, names
 * its phases, orders its stages and spends what it is given, whatever the network and the number of tasks, and says what
 * never moves.
 */
export function testRoutine(routine: Routine, kit: RoutineKit): void {
  const test = patient(kit.test);
  const { options = [{}], fewestUpdates = 1 } = kit;
  testPart(test, 'routine', routine);
  for (const given of options) {
    for (const [tasks, kinds] of [
      [['classes'], networks],
      [['first', 'second'], networksOfTasks],
    ] as const) {
      for (const [name, groups] of Object.entries(kinds)) {
        for (const updates of [1, 7, 120]) {
          const run: RunShape = {
            updates,
            updatesPerEpoch: Math.min(10, updates),
            tasks,
            groups,
            key: [1, 2],
          };
          const title = `${tasks.length} ${tasks.length === 1 ? 'task' : 'tasks'} and ${name}`;
          const doing = updates < fewestUpdates ? 'refuses' : 'plans';
          test(`${routine.name} ${JSON.stringify(given)}: ${doing} ${updates} updates of a network with ${title}`, () => {
            const parsed = parseOptions(routine.options, given, routine.name);
            if (updates < fewestUpdates) checkRefusal(() => routine.plan(run, parsed));
            else checkPlan(run, routine.plan(run, parsed), routine.plan(run, parsed));
          });
        }
      }
    }
  }
}

function checkRefusal(plan: () => Schedule): void {
  try {
    plan();
  } catch (error) {
    const told = isOverparamError(error) && error.code === 'invalid-options';
    ensure(
      told,
      `a run that is too short is refused by ${error}; expected an OverparamError "invalid-options"`,
    );
    return;
  }
  ensure(false, 'a run of fewer updates than the kit was told is planned');
}

function checkPlan(run: RunShape, schedule: Schedule, again: Schedule): void {
  const planned = ({ phases, stages, notes }: Schedule) => JSON.stringify({ phases, stages, notes });
  ensure(planned(schedule) === planned(again), 'two plans of one run differ');
  const phases = new Map(schedule.phases.map((phase) => [phase.name, phase]));
  ensure(phases.size === schedule.phases.length, 'two phases share a name');
  ensure(schedule.stages[0]?.from === 0, 'the first stage does not begin at update 0');
  for (const [index, stage] of schedule.stages.entries()) {
    const before = schedule.stages[index - 1];
    ensure(!before || stage.from > before.from, 'stages do not ascend');
    ensure(stage.from < run.updates || index === 0, `stage ${stage.stage} begins after the run's end`);
  }
  let lastBatch = 0;
  for (let index = 0; index < run.updates; index++) {
    const update = schedule.at(index);
    const phase = phases.get(update.phase);
    ensure(phase !== undefined, `update ${index} has unknown phase "${update.phase}"`);
    const stage = schedule.stages.filter((candidate) => candidate.from <= index).pop()!;
    ensure(
      phase.stage === stage.stage,
      `update ${index} is in stage ${stage.stage}, its phase in ${phase.stage}`,
    );
    ensure(
      update.batch >= lastBatch && update.batch <= index,
      `update ${index} takes batch ${update.batch} out of order`,
    );
    lastBatch = update.batch;
    ensure(
      JSON.stringify(update) === JSON.stringify(again.at(index)),
      `update ${index} differs between two plans`,
    );
  }
  for (const phase of schedule.phases) {
    const unknown = phase.moves.find(({ role }) => role !== undefined && !roles.includes(role));
    ensure(!unknown, `phase "${phase.name}" moves "${unknown?.role}", which is no role: ${roles.join(', ')}`);
    ensure(stages.includes(phase.stage), `phase "${phase.name}" is in the unknown stage "${phase.stage}"`);
    for (const { factor } of phase.rates)
      ensure(factor > 0 && Number.isFinite(factor), `a rate factor is ${factor}`);
    const { loss } = phase;
    ensure(
      loss === 'balanced' || run.tasks.includes(loss.task),
      `phase "${phase.name}" follows the loss of a task that the run does not have`,
    );
    const moved = run.groups.filter((candidate) => moves(phase, candidate));
    const movable = run.groups.some(({ role }) => role !== 'plain' && role !== 'norm');
    const silent = movable && phase.stage === 'expanded' && moved.length === 0;
    ensure(!silent || schedule.notes.length > 0, `phase "${phase.name}" moves nothing and no note says so`);
  }
  // A short run may end before every phase had its turn.
  for (const candidate of run.updates < 100 ? [] : run.groups) {
    const { role, block, task } = candidate;
    const rests =
      role !== 'plain' && role !== 'norm' && !schedule.phases.some((phase) => moves(phase, candidate));
    const name = [role, block, task].filter((part) => part !== null).join(' ');
    ensure(!rests || schedule.notes.length > 0, `"${name}" moves in no phase and no note says so`);
  }
}

/** Whether a phase moves a group: it chooses it, and its loss reaches it. */
function moves({ moves: selectors, loss }: Phase, candidate: ParameterGroup): boolean {
  const reached = loss === 'balanced' || candidate.task === null || candidate.task === loss.task;
  return reached && selectors.some((selector) => matchesGroup(selector, candidate));
}

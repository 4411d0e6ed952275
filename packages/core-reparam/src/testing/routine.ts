import type { GroupSelector, ParameterGroup, Routine, RunShape, Schedule } from '../contracts';
import { parseOptions } from '../options';
import { type DefineTest, ensure } from './runner';

/** What {@link testRoutine} is told. */
export interface RoutineKit {
  /** vitest's `test`. */
  readonly test: DefineTest;
  /** Options to test with, each a set of its own; the defaults where left out. */
  readonly options?: readonly unknown[];
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

/**
 * The conformance kit of the contract `Routine`: a plan is a pure function that covers every update, names
 * its phases, orders its stages and spends what it is given, whatever the network.
 */
export function testRoutine(routine: Routine, kit: RoutineKit): void {
  const { test, options = [{}] } = kit;
  for (const given of options) {
    for (const [name, groups] of Object.entries(networks)) {
      for (const updates of [1, 7, 120]) {
        const run: RunShape = {
          updates,
          updatesPerEpoch: Math.min(10, updates),
          tasks: ['classes'],
          groups,
          key: [1, 2],
        };
        test(`${routine.name} ${JSON.stringify(given)}: plans ${updates} updates of a network with ${name}`, () => {
          const parsed = parseOptions(routine.options, given, routine.name);
          checkPlan(run, routine.plan(run, parsed), routine.plan(run, parsed));
        });
      }
    }
  }
}

function checkPlan(run: RunShape, schedule: Schedule, again: Schedule): void {
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
    for (const { factor } of phase.rates)
      ensure(factor > 0 && Number.isFinite(factor), `a rate factor is ${factor}`);
    const moved = run.groups.filter((candidate) =>
      phase.moves.some((selector) => selects(selector, candidate)),
    );
    const movable = run.groups.some(({ role }) => role !== 'plain' && role !== 'norm');
    const silent = movable && phase.stage === 'expanded' && moved.length === 0;
    ensure(!silent || schedule.notes.length > 0, `phase "${phase.name}" moves nothing and no note says so`);
  }
}

function selects({ role, block, task }: GroupSelector, candidate: ParameterGroup): boolean {
  const fits = (wanted: string | null | undefined, found: string | null) =>
    wanted === undefined || wanted === found;
  return fits(role, candidate.role) && fits(block, candidate.block) && fits(task, candidate.task);
}

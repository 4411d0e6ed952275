import { foldKey, permutation } from '@overparam/engine';
import type { GroupSelector, Phase, Routine, RunShape } from '@overparam/plugin';
import * as z from 'zod';
import { coreGroups, frameGroups, movesAny, tasksWithCores } from './groups';
import { phaseOf, scheduleOf } from './schedule';

/** Options of {@link alternating}, complete. */
export interface AlternatingOptions {
  /** Updates of the core group (of each task's own) in a round. */
  readonly core: number;
  /** Updates of the frames and of all that tasks share in a round. */
  readonly frame: number;
  /** Whether all updates of a round take one batch, so that the run sees fewer batches. */
  readonly sameBatch: boolean;
  /** Factor on the learning rate of the groups that alternate; from 1 to the updates in a round. */
  readonly rate: number;
  /** Order of the tasks in each round: as the run names them, or drawn anew from its seed. */
  readonly taskOrder: 'fixed' | 'shuffled';
}

const options = z.strictObject({
  core: z.int().min(1).default(1).describe("Updates of the core group (of each task's own) in a round."),
  frame: z.int().min(1).default(1).describe('Updates of the frames and of all that tasks share in a round.'),
  sameBatch: z
    .boolean()
    .default(false)
    .describe('All updates of a round take one batch, so the run sees fewer batches.'),
  rate: z
    .number()
    .positive()
    .default(1)
    .describe('Factor on the learning rate of the groups that alternate; from 1 to the updates in a round.'),
  taskOrder: z
    .enum(['fixed', 'shuffled'])
    .default('fixed')
    .describe('Order of the tasks in each round: as the run names them, or drawn anew from its seed.'),
});

/** Phases of one round: one or more that can change places, then one that ends the round. */
interface Round {
  readonly turns: readonly Phase[];
  readonly last: Phase;
  readonly notes: readonly string[];
}

function roundOf(run: RunShape, rate: number): Round {
  const phase = (name: string, moves: readonly GroupSelector[], loss: Phase['loss'] = 'balanced') =>
    phaseOf({
      name,
      moves,
      loss,
      rates: rate === 1 ? [] : moves.map((groups) => ({ groups, factor: rate })),
    });
  const tasks = tasksWithCores(run);
  if (tasks.length === 0) {
    return { turns: [phase('core', coreGroups())], last: phase('frame', frameGroups), notes: [] };
  }
  // Branches and scales that tasks share would otherwise never move; a core that tasks share rests by design:
  // moving it beside the tasks' own would move their sum twice.
  const shared: GroupSelector[] = [
    ...frameGroups,
    { role: 'branch', task: null },
    { role: 'scale', task: null },
  ];
  return {
    turns: tasks.map((task) => phase(`core:${task}`, coreGroups(task), { task })),
    last: phase('shared', shared),
    notes: movesAny([{ role: 'core', task: null }], run)
      ? ["Cores that all tasks share rest for the whole run: the tasks' own cores move instead."]
      : [],
  };
}

/**
 * Routine 1: a round of updates of the core group, then of the frames.
 *
 * Where tasks have cores of their own, a round is each task's core group on that task's loss, then what they
 * share on the balanced loss. Plain parameters and norms move wherever the loss reaches them.
 */
export const alternating: Routine<AlternatingOptions> = {
  apiVersion: 1,
  name: 'alternating',
  summary: 'Routine 1: cores (task by task), then frames, in turns of single updates.',
  options,
  plan(run, { core, frame, sameBatch, rate, taskOrder }) {
    const { turns, last, notes } = roundOf(run, rate);
    const own = turns.length * core;
    const length = own + frame;
    const key = foldKey(run.key, 'routine', 'alternating');
    const phaseAt = (round: number, place: number): Phase => {
      if (place >= own) return last;
      const turn = Math.floor(place / core);
      return turns[taskOrder === 'fixed' ? turn : permutation(foldKey(key, round), turns.length)[turn]!]!;
    };
    return scheduleOf(run, {
      phases: [...turns, last],
      notes: sameBatch
        ? [...notes, `The run sees ${Math.ceil(run.updates / length)} batches, each for ${length} updates.`]
        : notes,
      at(index) {
        const round = Math.floor(index / length);
        const phase = phaseAt(round, index % length).name;
        return { phase, batch: sameBatch ? round : index, reset: [] };
      },
    });
  },
};

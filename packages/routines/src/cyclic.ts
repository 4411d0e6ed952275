import { type Length, lengthInUpdates } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import type { GroupSelector, Routine, RunShape } from '@overparam/plugin';
import * as z from 'zod';
import { coreGroups, expandedGroups, movesAny } from './groups';
import { length } from './length';
import { phaseOf, scheduleOf } from './schedule';

/** Options of {@link cyclic}, complete. */
export interface CyclicOptions {
  /** Blocks in turn: `C` is the core group, others are blocks of frames. By default C, C, U, C, C, V. */
  readonly cycle?: readonly string[];
  /** Length of one turn, at least one update. */
  readonly length: Length;
  /** Length of the end of the run, where all blocks move. */
  readonly joint: Length;
  /** A block that rested for longer starts again with empty optimiser slots; null keeps them. */
  readonly resetAfter: Length | null;
}

const options = z.strictObject({
  cycle: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      'Blocks in turn: `C` is the core group, others are blocks of frames. By default C, C, U, C, C, V.',
    ),
  length: length.default({ epochs: 1 }).describe('Length of one turn, at least one update.'),
  joint: length.default({ share: 0.15 }).describe('Length of the end of the run, where all blocks move.'),
  resetAfter: length
    .nullable()
    .default({ epochs: 1 })
    .describe('A block that rested for longer starts again with empty optimiser slots; null keeps them.'),
});

const jointPhase = 'joint';

/** What each block moves, by its name in a cycle. */
function blocksOf(run: RunShape): Map<string, readonly GroupSelector[]> {
  const blocks = new Map<string, readonly GroupSelector[]>();
  if (movesAny(coreGroups(), run)) blocks.set('C', coreGroups());
  for (const { role, block } of run.groups) {
    if (role === 'frame') blocks.set(block ?? 'frame', [{ role, block }]);
  }
  return blocks;
}

/** Two turns of the core group, then one of a block of frames, for each such block. */
function defaultCycle(blocks: readonly string[]): readonly string[] {
  const frames = blocks.filter((block) => block !== 'C');
  if (!blocks.includes('C')) return frames;
  return frames.length === 0 ? ['C'] : frames.flatMap((frame) => ['C', 'C', frame]);
}

function refuseUnknown(cycle: readonly string[], blocks: readonly string[]): void {
  const unknown = cycle.find((block) => !blocks.includes(block));
  if (unknown === undefined) return;
  throw new OverparamError(
    'invalid-options',
    `routine "cyclic": the option "cycle" names the block "${unknown}", which this network does not have. ` +
      `Expected some of ${blocks.join(', ') || 'none'}; leave "cycle" out to take these in turn.`,
  );
}

/** A stretch of updates in one phase. */
interface Turn {
  readonly blocks: readonly string[];
  readonly from: number;
  readonly to: number;
}

/** By turn, the blocks that come back after more than `limit` updates of rest. */
function returningBlocks(turns: readonly Turn[], limit: number): readonly (readonly string[])[] {
  const restedSince = new Map<string, number>();
  return turns.map(({ blocks, from, to }) => {
    const returning = blocks.filter((block) => from - (restedSince.get(block) ?? from) > limit);
    for (const block of blocks) restedSince.set(block, to);
    return returning;
  });
}

function turnsOf(
  run: RunShape,
  cycle: readonly string[],
  blocks: readonly string[],
  length: number,
  end: number,
) {
  const turns: Turn[] = [];
  for (let from = 0; from < end; from += length) {
    turns.push({ blocks: [cycle[turns.length % cycle.length]!], from, to: Math.min(from + length, end) });
  }
  if (end < run.updates) turns.push({ blocks, from: end, to: run.updates });
  return turns;
}

function notesOf(
  turns: readonly Turn[],
  cycle: readonly string[],
  blocks: readonly string[],
  given: boolean,
) {
  const notes: string[] = [];
  if (!given && cycle.join() !== 'C,C,U,C,C,V') {
    notes.push(
      `The cycle is ${cycle.join(', ') || 'empty'}, after the blocks that the method has, not C, C, U, C, C, V.`,
    );
  }
  const alone = new Set(turns.flatMap((turn) => (turn.blocks.length === 1 ? turn.blocks : [])));
  const missing = blocks.filter((block) => !alone.has(block));
  if (missing.length > 0 && blocks.length > 1) {
    notes.push(`The run gives no turn of its own to ${missing.join(', ')}.`);
  }
  return notes;
}

/**
 * Routine 2: one block of parameters at a time, each for some epochs: the core group, or one block of frames.
 * The end of the run moves all of them. Every phase follows the balanced loss, and plain parameters and norms
 * move throughout.
 */
export const cyclic: Routine<CyclicOptions> = {
  apiVersion: 1,
  name: 'cyclic',
  summary: 'Routine 2: cores and each block of frames in turns of epochs, all together at the end.',
  options,
  plan(run, { cycle: given, length: turnLength, joint, resetAfter }) {
    const selectors = blocksOf(run);
    const blocks = [...selectors.keys()];
    const cycle = given ?? defaultCycle(blocks);
    if (given) refuseUnknown(given, blocks);
    const length = Math.max(1, lengthInUpdates(turnLength, run));
    // Without a block to take in turn, all of the run is joint.
    const end = cycle.length === 0 ? 0 : Math.max(0, run.updates - lengthInUpdates(joint, run));
    const turns = turnsOf(run, cycle, blocks, length, end);
    const limit = resetAfter === null ? Number.POSITIVE_INFINITY : lengthInUpdates(resetAfter, run);
    const returning = returningBlocks(turns, limit);
    const phases = [...new Set(cycle)].map((block) => phaseOf({ name: block, moves: selectors.get(block)! }));
    return scheduleOf(run, {
      phases: [...phases, phaseOf({ name: jointPhase, moves: expandedGroups })],
      notes: notesOf(turns, cycle, blocks, given !== undefined),
      at(index) {
        const place = index < end ? Math.floor(index / length) : turns.length - 1;
        const begins = turns[place]!.from === index;
        return {
          phase: index < end ? turns[place]!.blocks[0]! : jointPhase,
          batch: index,
          reset: begins ? returning[place]!.flatMap((block) => selectors.get(block)!) : [],
        };
      },
    });
  },
};

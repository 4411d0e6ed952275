import { type Length, lengthInUpdates } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import type { Routine, RunShape, Stage } from '@overparam/plugin';
import * as z from 'zod';
import { expandedGroups } from './groups';
import { length } from './length';
import { phaseOf, scheduleOf } from './schedule';

/** Options of {@link progressive}, complete. */
export interface ProgressiveOptions {
  /** What is trained until `expandAt`: the plain network, or the expanded one with `tau` at 0. */
  readonly begin: 'plain' | 'expanded';
  /** When the plain network is expanded, or `tau` begins to grow; from the start. */
  readonly expandAt: Length;
  /** When it is collapsed again, from the start. */
  readonly collapseAt: Length;
}

const options = z.strictObject({
  begin: z
    .enum(['plain', 'expanded'])
    .default('plain')
    .describe('What is trained until `expandAt`: the plain network, or the expanded one with `tau` at 0.'),
  expandAt: length
    .default({ share: 0.3 })
    .describe('When the plain network is expanded, or `tau` begins to grow; from the start.'),
  collapseAt: length.default({ share: 0.85 }).describe('When it is collapsed again, from the start.'),
});

/** Update `at` in words, for notes. */
function moment(at: number, run: RunShape): string {
  const epochs = Math.round((at / run.updatesPerEpoch) * 100) / 100;
  return `update ${at} (epoch ${epochs}, ${Math.round((at / run.updates) * 1000) / 10} % of the run)`;
}

function notesOf(stages: readonly { stage: Stage; from: number }[], run: RunShape): string[] {
  const changes = stages.filter(({ from }) => from > 0);
  if (changes.length === 0) return [];
  const moments = changes.map(({ stage, from }) => `${stage} from ${moment(from, run)}`);
  return [
    `The network is ${moments.join(', ')}. Where the learning rate drops in steps, let it drop there: a drop soon after a change hides what the change did.`,
  ];
}

/** 0 before `from`, from there to 1 along a half cosine; 1 exactly at the last update before `to`. */
function tauAt(index: number, from: number, to: number): number {
  if (index < from) return 0;
  return (1 - Math.cos((Math.PI * (index + 1 - from)) / (to - from))) / 2;
}

/**
 * Routine 3: the plain network first, then its expansion from exactly there, and at last the collapsed
 * network. All parameters of a stage move at every one of its updates, on the balanced loss.
 *
 * From `expandAt` to `collapseAt` the value `tau` goes from 0 to 1. Where a method gives each task a trunk and lets them
 * become one along it, sharing grows until the stage ends with one network; without such a method it does nothing. With
 * `begin: expanded` such trunks are free before that, which is the form for several tasks.
 */
export const progressive: Routine<ProgressiveOptions> = {
  apiVersion: 1,
  name: 'progressive',
  summary: 'Routine 3: plain, then expanded, then collapsed and polished.',
  options,
  plan(run, { begin, expandAt, collapseAt }) {
    const expand = lengthInUpdates(expandAt, run);
    const collapse = lengthInUpdates(collapseAt, run);
    if (expand >= Math.min(collapse, run.updates)) {
      throw new OverparamError(
        'invalid-options',
        `routine "progressive": it expands at update ${expand}, collapses at ${collapse} and ends at ${run.updates}, ` +
          'so nothing would be trained expanded. Choose "expandAt" before "collapseAt" and the end, or a longer run.',
      );
    }
    const stages = [
      ...(begin === 'plain' ? [{ stage: 'plain' as Stage, from: 0, to: expand }] : []),
      { stage: 'expanded' as Stage, from: begin === 'plain' ? expand : 0, to: collapse },
      { stage: 'collapsed' as Stage, from: collapse, to: run.updates },
    ]
      .filter(({ from, to }) => from < to)
      .map(({ stage, from }) => ({ stage, from }));
    return scheduleOf(run, {
      phases: stages.map(({ stage }) =>
        phaseOf({ name: stage, stage, moves: stage === 'expanded' ? expandedGroups : [] }),
      ),
      stages,
      notes: notesOf(stages, run),
      at(index) {
        const { stage } = stages.findLast(({ from }) => from <= index)!;
        const end = Math.min(collapse, run.updates);
        const values = stage === 'expanded' ? { values: { tau: tauAt(index, expand, end) } } : {};
        return { phase: stage, batch: index, reset: [], ...values };
      },
    });
  },
};

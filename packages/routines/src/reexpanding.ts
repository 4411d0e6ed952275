import { type Length, lengthInUpdates } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import type { Routine, RunShape, Stage } from '@overparam/plugin';
import * as z from 'zod';
import { expandedGroups } from './groups';
import { length } from './length';
import { phaseOf, scheduleOf } from './schedule';

/** Options of {@link reexpanding}, complete. */
export interface ReexpandingOptions {
  /** How often the network is expanded, in stretches of equal length; 2 or more. */
  readonly times: number;
  /** How long the collapsed network is trained between two of them. */
  readonly between: Length;
}

const options = z.strictObject({
  times: z
    .int()
    .min(2)
    .default(2)
    .describe('How often the network is expanded, in stretches of equal length.'),
  between: length
    .default({ share: 0.05 })
    .describe('How long the collapsed network is trained between two of them.'),
});

interface Stretch {
  readonly stage: Stage;
  readonly from: number;
}

/** Expanded and collapsed stretches in turn, the last expanded to the end. */
function stretchesOf(run: RunShape, { times, between }: ReexpandingOptions): Stretch[] {
  const rest = lengthInUpdates(between, run);
  const expanded = Math.floor((run.updates - rest * (times - 1)) / times);
  if (rest < 1 || expanded < 1) {
    throw new OverparamError(
      'invalid-options',
      `routine "reexpanding": ${times} times expanded with ${rest} updates between them leave ${expanded} updates for each in a run of ${run.updates}; expected 1 or more of both. Choose fewer "times", another "between", or a longer run.`,
    );
  }
  return Array.from({ length: times }, (_, time) => {
    const from = time * (expanded + rest);
    const last = time === times - 1;
    const own: Stretch = { stage: 'expanded', from };
    return last ? [own] : [own, { stage: 'collapsed' as Stage, from: from + expanded }];
  }).flat();
}

/**
 * Collapses the network every now and then, trains it plain for a while, and expands it again from exactly there: with frames
 * that are the identity, and branches that begin anew. All parameters of a stage move at each of its updates. Slots of the
 * optimiser stay with what continues a plain weight, and begin anew with the rest.
 */
export const reexpanding: Routine<ReexpandingOptions> = {
  apiVersion: 1,
  name: 'reexpanding',
  summary: 'Expanded, collapsed and expanded again from there, some times over.',
  options,
  plan(run, given) {
    const stretches = stretchesOf(run, given);
    const stages: readonly Stage[] = ['expanded', 'collapsed'];
    return scheduleOf(run, {
      phases: stages.map((stage) =>
        phaseOf({ name: stage, stage, moves: stage === 'expanded' ? expandedGroups : [] }),
      ),
      stages: stretches,
      notes: [
        `The network is ${stretches
          .slice(1)
          .map(({ stage, from }) => `${stage} from update ${from}`)
          .join(', ')}.`,
      ],
      at(index) {
        const { stage } = stretches.findLast(({ from }) => from <= index)!;
        return { phase: stage, batch: index, reset: [] };
      },
    });
  },
};

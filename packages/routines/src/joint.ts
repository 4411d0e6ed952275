import type { Routine } from '@overparam/plugin';
import * as z from 'zod';
import { expandedGroups } from './groups';
import { phaseOf, scheduleOf } from './schedule';

const options = z.strictObject({});

/** Routine 0: all parameters move at every update, on the balanced loss. It has no options. */
export const joint: Routine<Record<string, never>> = {
  apiVersion: 1,
  name: 'joint',
  summary: 'Routine 0: all parameters move at every update.',
  options,
  plan: (run) =>
    scheduleOf(run, {
      phases: [phaseOf({ name: 'joint', moves: expandedGroups })],
      at: (index) => ({ phase: 'joint', batch: index, reset: [] }),
    }),
};

import type { Routine } from '@overparam/plugin';
import { z } from 'zod';

const options = z.strictObject({
  share: z.number().gt(0).lt(1).default(0.5).describe('Share of all updates in which frames rest.'),
});

/**
 * Frames rest in the first part of the run; then everything moves. Replace the plan by your own: phases say who moves, and
 * `at` says which phase an update belongs to.
 */
export const myPart: Routine<z.infer<typeof options>> = {
  apiVersion: 1,
  name: 'my-part',
  summary: 'Frames rest in the first part of the run.',
  options,
  plan({ updates }, { share }) {
    const common = { stage: 'expanded', rates: [], loss: 'balanced' } as const;
    const carriers = [{ role: 'core' }, { role: 'branch' }, { role: 'scale' }] as const;
    return {
      phases: [
        { ...common, name: 'carriers', moves: carriers },
        { ...common, name: 'all', moves: [...carriers, { role: 'frame' }] },
      ],
      at: (index) => ({ phase: index < share * updates ? 'carriers' : 'all', batch: index, reset: [] }),
      stages: [{ stage: 'expanded', from: 0 }],
      notes: [],
    };
  },
};

import type { Routine } from '@overparam/plugin';
import { z } from 'zod';

const options = z.strictObject({
  share: z.number().gt(0).lt(1).default(0.5).describe('Of all updates, the share in which frames rest.'),
});

/** Frames rest in the first part of the run; then everything moves. */
export const halves: Routine<z.infer<typeof options>> = {
  apiVersion: 1,
  name: 'halves',
  summary: 'Frames rest in the first half of the run.',
  options,
  plan({ updates }, { share }) {
    const common = { stage: 'expanded', rates: [], loss: 'balanced' } as const;
    const cores = [{ role: 'core' }, { role: 'branch' }, { role: 'scale' }] as const;
    return {
      phases: [
        { ...common, name: 'cores', moves: cores },
        { ...common, name: 'all', moves: [...cores, { role: 'frame' }] },
      ],
      at: (index) => ({ phase: index < share * updates ? 'cores' : 'all', batch: index, reset: [] }),
      stages: [{ stage: 'expanded', from: 0 }],
      notes: [],
    };
  },
};

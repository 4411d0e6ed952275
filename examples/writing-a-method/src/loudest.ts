import type { Balancer } from '@overparam/plugin';
import { z } from 'zod';

const options = z.strictObject({});

/** Weighs each task by its share of the losses: the task that is worst off counts most. */
export const loudest: Balancer<z.infer<typeof options>> = {
  apiVersion: 1,
  name: 'loudest',
  summary: 'Weighs each task by its share of the losses.',
  options,
  needs: () => ['losses'],
  supports: () => true,
  initialise: () => ({}),
  weights({ losses }, present, state) {
    const counted = losses.filter((_, task) => present[task]);
    const sum = counted.reduce((total, loss) => total + loss, 0);
    // Where a loss is not finite all weights are NaN, and the loop skips the update.
    const share = (loss: number) => (sum === 0 ? 1 : (counted.length * loss) / sum);
    const weight = (loss: number) => (Number.isFinite(sum) ? share(loss) : Number.NaN);
    const weights = losses.map((loss, task) => (present[task] ? weight(loss) : 0));
    return { weights, heads: weights, state };
  },
};

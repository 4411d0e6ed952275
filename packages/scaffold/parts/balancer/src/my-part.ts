import type { Balancer } from '@overparam/plugin';
import { z } from 'zod';

const options = z.strictObject({
  power: z.number().min(0).default(1).describe('How strongly large losses count; 0 weighs all alike.'),
});

/**
 * Weighs each task by a power of its share of the losses: the task that is worst off counts most. Replace `needs` and
 * `weights` by your paper's: it may ask for the Gramian of the tasks' gradients, and keep plain numbers in its state.
 */
export const myPart: Balancer<z.infer<typeof options>> = {
  apiVersion: 1,
  name: 'my-part',
  summary: 'Weighs each task by its share of the losses.',
  options,
  needs: () => ['losses'],
  supports: () => true,
  initialise: () => ({}),
  weights({ losses }, present, state, { power }) {
    const raised = losses.map((loss, task) => (present[task] ? Math.abs(loss) ** power : 0));
    const sum = raised.reduce((total, value) => total + value, 0);
    const tasks = present.filter((there) => there).length;
    // Where a loss is not finite all weights are NaN, and the loop skips the update.
    const weights = raised.map((value, task) => {
      if (!present[task]) return 0;
      if (!Number.isFinite(sum)) return Number.NaN;
      return sum === 0 ? 1 : (tasks * value) / sum;
    });
    return { weights, heads: weights, state };
  },
};

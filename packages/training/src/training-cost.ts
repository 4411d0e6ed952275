import { costCard } from '@overparam/core-reparam';
import { networkOfStage } from './network';
import type { TrainingPlan } from './plan';

/**
 * Multiply-adds of one forward pass in training, an image: what a network's convolutions and matrix products do, and an
 * image's part of what composing kernels costs in a batch. Of a run in several stages it is their mean by updates. A backward
 * pass costs about twice that whatever the network is, so the ratio of two networks is that of their training.
 */
export async function trainingMultiplyAdds({
  recipe,
  dataset,
  schedule,
  updates,
}: TrainingPlan): Promise<number> {
  let sum = 0;
  for (const [index, { stage, from }] of schedule.stages.entries()) {
    const end = schedule.stages[index + 1]?.from ?? updates;
    const network = networkOfStage(recipe, dataset, { stage, start: 'as configured', values: 'zero' });
    try {
      const { expanded } = await costCard(network.model);
      const each = expanded.multiplyAdds + expanded.multiplyAddsPerPass / recipe.batch;
      sum += (each * (end - from)) / updates;
    } finally {
      network.model.dispose();
    }
  }
  return sum;
}

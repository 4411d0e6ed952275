import type { TrainingState } from './loop';
import { networkOfStage, type OnLayer } from './network';
import type { TrainingPlan } from './plan';
import { firstProgress, type Progress } from './progress';
import { stageAt, stageStart } from './schedule';
import { equip } from './stage';

/**
 * The state that a run begins with, or that goes on from `progress`: its network and optimiser are then at zero, for the
 * caller to fill through `variablesOf`.
 *
 * @param progress  how far the run is; null for its beginning
 * @param onLayer   told of each layer that is expanded, as first values can take minutes
 * @returns         what is trained is the caller's; see `disposeTrained`
 * @throws OverparamError `invalid-optimiser`, and what methods throw
 */
export function beginTraining(
  plan: TrainingPlan,
  progress: Progress | null = null,
  onLayer?: OnLayer,
): TrainingState {
  const first = stageAt(plan.schedule, 0);
  const position = progress ?? firstProgress(first);
  // A stage that comes again keeps what is learnt, as one that comes later.
  const isFirst =
    position.stage === first && stageStart(plan.schedule, Math.max(0, position.update - 1)) === 0;
  const network = networkOfStage(plan.recipe, plan.dataset, {
    stage: position.stage,
    start: isFirst ? 'as configured' : 'preserve',
    values: progress === null ? 'initial' : 'zero',
    ...(onLayer && { onLayer }),
  });
  try {
    return { trained: equip(plan, network), progress: position };
  } catch (error) {
    network.model.dispose();
    throw error;
  }
}

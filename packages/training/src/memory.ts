import { dropoutMasks } from '@overparam/core-reparam';
import { estimatePasses, type Recompute } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import { maskInputs, type StepInputs } from './measure';
import { phaseStep } from './phase';
import type { TrainingPlan } from './plan';
import { type Trained, variablesOf } from './stage';

/** Node and TensorFlow's library. */
const processBytes = 0.5 * 2 ** 30;
/** How often each parameter is there beside itself: gradients, and copies in the order that oneDNN computes with. Measured. */
const copies = 3;
/** A number's bytes. */
const wide = 4;

const bytesOf = (tensors: readonly tf.Tensor[]) => tensors.reduce((sum, { size }) => sum + wide * size, 0);

/** A batch of nothing, in the shapes of a run's. */
function emptyBatch({ dataset, recipe }: TrainingPlan, { network, weightAverage }: Trained): StepInputs {
  const { batch, key } = recipe;
  const labels = dataset.tasks.map(({ name, label: { shape, dtype } }) => [
    `label/${name}`,
    tf.zeros([batch, ...shape], dtype),
  ]);
  return {
    x: tf.zeros([batch, ...dataset.inputShape]),
    rate: tf.scalar(0),
    ...(weightAverage && { averageDecay: tf.scalar(0) }),
    ...(recipe.mix && {
      mix: tf.scalar(1),
      ...(Object.fromEntries(
        labels.map(([name, zeros]) => [
          (name as string).replace('label', 'partner'),
          tf.clone(zeros as tf.Tensor),
        ]),
      ) as StepInputs),
    }),
    ...(Object.fromEntries(labels) as StepInputs),
    ...maskInputs(dropoutMasks(network.model, batch, key)),
  };
}

/**
 * About the most memory, in bytes, that the process of a run holds while it trains in the run's precision: with
 * everything kept for backward passes, and with blocks made again. Null where the engine does not compile steps. The
 * first phase's step is looked at, not run; nothing is changed.
 *
 * @param trained  what the run begins with
 */
export function estimateMemory(
  plan: TrainingPlan,
  trained: Trained,
): Readonly<Record<Recompute, number>> | null {
  const { recipe, tasks, schedule, regularising } = plan;
  const { precision } = recipe;
  const phase = schedule.phases.find(({ stage }) => stage === trained.network.stage) ?? schedule.phases[0];
  const { clip, weightDecay, parameterGroups } = recipe;
  const { gradientSums } = trained;
  const step = phaseStep({
    ...trained,
    phase: phase!,
    tasks,
    penalty: weightDecay.coefficient,
    parameterGroups,
    clip,
    regularising,
    sums: gradientSums && { of: gradientSums, moves: true },
  });
  const inputs = emptyBatch(plan, trained);
  try {
    const passes = estimatePasses(step, inputs, { precision });
    if (passes === null) return null;
    const parameters = bytesOf(trained.network.parameters.map(({ variable }) => variable));
    const held =
      processBytes +
      bytesOf([...variablesOf(trained).values()]) +
      copies * parameters +
      bytesOf(Object.values(inputs)) +
      (precision === 'bfloat16' ? parameters / 2 : 0);
    return { none: held + passes.none, blocks: held + passes.blocks };
  } finally {
    tf.dispose(inputs);
  }
}

/** Under this, cuts do not pay for the time that they take. */
const worthwhile = 0.9;

/** What {@link estimateMemory} says, as a sentence or two; null where it says nothing. */
export function memoryNote(plan: TrainingPlan, trained: Trained): string | null {
  const memory = estimateMemory(plan, trained);
  if (memory === null) return null;
  const { batch, precision, recompute } = plan.recipe;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  const about = `Training takes about ${gigabytes(memory[recompute])} of memory at most (batch ${batch}, ${precision}`;
  if (memory.blocks > worthwhile * memory.none) {
    return recompute === 'none'
      ? `${about}).`
      : `${about}). This network has no place where few values are alive, or too small a batch: recompute: blocks saves next to nothing.`;
  }
  const [other, otherBytes] =
    recompute === 'none' ? ['blocks', memory.blocks] : (['none', memory.none] as const);
  return `${about}, recompute: ${recompute}); with recompute: ${other} about ${gigabytes(otherBytes as number)}.`;
}

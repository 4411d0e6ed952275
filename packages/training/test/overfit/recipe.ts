import { createHash } from 'node:crypto';
import { segnet } from '@overparam/backbones';
import { fixed } from '@overparam/balancers';
import { forward } from '@overparam/core-reparam';
import { nyuv2Sample } from '@overparam/datasets-nyuv2';
import { foldKey, keyFromSeed, normalTensor, permutation } from '@overparam/engine';
import { taskFor } from '@overparam/mtl-heads';
import { joint } from '@overparam/routines';
import * as tf from '@tensorflow/tfjs';
import {
  buildPlain,
  disposeTrained,
  evaluationBatches,
  TrainingLoop,
  type TrainingPlan,
  withOptions,
} from '../../src/index';
import { openRun } from '../support/runs';
import type { Setup } from '../support/setups';

/**
 * Scenes, steps and so on, as overfit.py has them. All scenes are in every batch: the gradient is then exact and the
 * norms' statistics are those of what is learnt.
 */
export const recipe = {
  scenes: 8,
  batch: 8,
  steps: 400,
  rate: 2e-3,
  beta2: 0.95,
  warmup: 20,
  drop: { at: 360, factor: 0.1 },
  // Depth and angle pull hard at first, and would hold the classes back.
  weights: { segmentation: 1, depth: 0.3, normals: 0.3 },
  seeds: [0, 1, 2],
  /**
   * Every seed is trained this often, from weights that differ by rounding. Rounding grows through 400 steps of Adam: a
   * single run says how training goes only to within a tenth, on either side.
   */
  runs: 4,
} as const;

/** A run that learns eight real scenes by heart, by the plain network. */
export function setupFor(seed: number, steps: number): Setup {
  return {
    backbone: withOptions(segnet, { width: 0.25 }),
    routine: joint,
    task: taskFor,
    dataset: withOptions(nyuv2Sample, { threads: 0 }),
    limit: { train: recipe.scenes, test: 1 },
    balancer: withOptions(fixed, { weights: recipe.weights }),
    augment: false,
    batch: recipe.batch,
    epochs: Math.ceil((steps * recipe.batch) / recipe.scenes),
    optimiser: { name: 'adam', beta2: recipe.beta2 },
    lr: {
      peak: recipe.rate,
      schedule: 'multiStep',
      warmup: { updates: recipe.warmup },
      milestones: [{ updates: recipe.drop.at }],
      factor: recipe.drop.factor,
    },
    key: keyFromSeed(seed),
  };
}

/** Values that PyTorch begins from: every weight of the plain network by name, in TensorFlow's layout. */
export function firstWeights(
  { recipe: own, dataset }: Pick<TrainingPlan, 'recipe' | 'dataset'>,
  seed: number,
  run: number,
): Map<string, tf.Tensor> {
  const { model } = buildPlain(own, dataset);
  const weights = new Map(
    model.trainableWeights.map((weight) => [weight.originalName, nudged(weight, seed, run)] as const),
  );
  model.dispose();
  return weights;
}

/** A weight's value, changed in its last digit in every run but the first. */
function nudged(weight: tf.LayerVariable, seed: number, run: number): tf.Tensor {
  if (run === 0) return tf.clone(weight.read());
  const key = foldKey(keyFromSeed(seed), 'nudge', run, weight.originalName);
  return tf.tidy(() => weight.read().mul(normalTensor(key, weight.shape as number[], 1, 1e-7)));
}

/** Tells weights apart that a stored result is not of. */
export function checksum(weights: ReadonlyMap<string, tf.Tensor>): string {
  const hash = createHash('sha256');
  // Rounded: normal numbers are the same on every engine up to rounding.
  for (const [name, value] of weights)
    hash.update(`${name} ${Array.from(value.dataSync().slice(0, 8), (v) => v.toFixed(4))}\n`);
  return hash.digest('hex').slice(0, 16);
}

/** Which scenes make up each batch. */
export function batchOrder(seed: number, steps: number): number[][] {
  const perEpoch = recipe.scenes / recipe.batch;
  return Array.from({ length: steps }, (_, step) => {
    const order = permutation(
      foldKey(keyFromSeed(seed), 'order', Math.floor(step / perEpoch)),
      recipe.scenes,
    );
    const start = (step % perEpoch) * recipe.batch;
    return [...order.subarray(start, start + recipe.batch)];
  });
}

/** What a run came to. */
export interface Overfitted {
  /** Sum of the three, not weighed, of every step, before its update. */
  readonly losses: readonly number[];
  /** In inference mode, on the scenes that were learnt, from 0 to 1. */
  readonly mIoU: number;
  readonly checksum: string;
}

/** Trains through the training loop. */
export async function overfit(
  seed: number,
  run: number,
  steps: number,
  engine: 'wasm' | 'tensorflow',
  tell: (step: number, loss: number) => void = () => {},
): Promise<Overfitted> {
  const { plan, state } = await openRun(setupFor(seed, steps), engine);
  const weights = firstWeights(plan, seed, run);
  const sum = checksum(weights);
  for (const weight of state.trained.network.model.trainableWeights)
    weight.write(weights.get(weight.originalName)!);
  tf.dispose([...weights.values()]);
  const losses: number[] = [];
  const loop = new TrainingLoop(plan, state, {
    onUpdate({ update, loss }) {
      losses.push(loss);
      tell(update, loss);
    },
  });
  try {
    await loop.run();
    return { losses, mIoU: await learnt(plan, loop.trained.network.model), checksum: sum };
  } finally {
    loop.dispose();
    disposeTrained(loop.trained);
    await plan.dataset.close();
  }
}

async function learnt({ tasks, dataset }: TrainingPlan, model: tf.LayersModel): Promise<number> {
  const accumulator = tasks[0]!.accumulator();
  const options = { split: 'train', size: recipe.scenes, batch: recipe.batch };
  for await (const { examples, tensors } of evaluationBatches(dataset, options)) {
    const outputs = forward(model, tensors.x!, { mode: 'infer' });
    const label = tensors['label/segmentation']!.dataSync<'int32'>();
    accumulator.add(outputs[0]!.dataSync<'float32'>(), label, examples);
    tf.dispose([outputs, tensors]);
  }
  return accumulator.result().mIoU! / 100;
}

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeSafetensors } from '@overparam/export/node';
import type { OpenDataset } from '@overparam/plugin';
import { type RunConfig, recipeOf } from '@overparam/runner';
import {
  type BatchTensors,
  beginTraining,
  disposeTrained,
  evaluationBatches,
  planTraining,
  type Trained,
  TrainingLoop,
  type TrainingPlan,
  trainingBatches,
} from '@overparam/training';
import { Child } from '../compare/child';
import { note } from '../note';
import { peerPython } from '../setup.mjs';

/** What one side's training came to. */
export interface Outcome {
  /** Share of the test images that are named right, in percent. */
  readonly accuracy: number;
  /** Mean loss of the updates of the last epoch. */
  readonly trainLoss: number;
  /** Seconds of all updates. */
  readonly seconds: number;
}

/** This project's outcome, and the time that reading and augmenting took of it. */
export interface OwnOutcome extends Outcome {
  readonly readingSeconds: number;
}

function progress(side: string, seed: number | string, done: number, of: number): void {
  note(done < of ? `seed ${seed}: ${side}, update ${done} of ${of}` : '');
}

function namedValues({ network }: Trained) {
  return new Map(
    network.parameters.map(({ name, variable }) => {
      const values = {
        dtype: 'F32',
        shape: variable.shape,
        data: variable.dataSync() as Float32Array,
      } as const;
      return [name, values] as const;
    }),
  );
}

/** Trains as the product does, after writing the first weights to `tensors`. */
export async function trainOurs(
  plan: TrainingPlan,
  seed: number | string,
  tensors: string,
): Promise<OwnOutcome> {
  const { batches } = plan;
  const state = beginTraining(plan);
  await writeSafetensors(tensors, { tensors: namedValues(state.trained), metadata: {} });
  let reading = 0;
  let epochs = 0;
  const timed: TrainingPlan = {
    ...plan,
    batches: {
      ...batches,
      async read(index) {
        const started = performance.now();
        const batch = await batches.read(index);
        reading += performance.now() - started;
        return batch;
      },
    },
  };
  const listeners = {
    onUpdate: ({ update }: { update: number }) => progress('overparam', seed, update, plan.updates),
    onEpoch(_progress: unknown, _trained: unknown, { trainSeconds }: { trainSeconds: number }) {
      epochs += trainSeconds;
    },
  };
  const loop = new TrainingLoop(timed, state, listeners);
  try {
    await loop.run();
    const last = loop.progress.history.at(-1)!;
    const accuracy = 100 - last.test.byTask.class!.figures.top1Error!;
    return { accuracy, trainLoss: last.train.loss, seconds: epochs, readingSeconds: reading / 1000 };
  } finally {
    loop.dispose();
    disposeTrained(loop.trained);
  }
}

/** A batch as the bytes that the other side takes; disposes the batch. */
async function bytesOf(batch: BatchTensors): Promise<Uint8Array> {
  const tensors = [batch.x!, batch['label/class']!];
  const parts = await Promise.all(tensors.map((tensor) => tensor.data()));
  for (const tensor of Object.values(batch)) tensor.dispose();
  return Buffer.concat(
    parts.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
  );
}

/** Trains in PyTorch from the weights in `tensors`, on the same batches at the same rates. */
export async function trainTheirs(
  plan: TrainingPlan,
  seed: number | string,
  tensors: string,
): Promise<Outcome> {
  const { recipe, dataset, sizes, updates, rateAt } = plan;
  const { key, augment, batch } = recipe;
  const script = fileURLToPath(new URL('../torch/parity.py', import.meta.url));
  const child = new Child('PyTorch', peerPython(), [script]);
  try {
    await child.receiveNext();
    const decay = recipe.weightDecay.coefficient;
    await child.ask({ do: 'begin', model: 'resnet20', method: 'plain', tensors, decay });
    const batches = trainingBatches(dataset, { key, size: sizes.train, batch, augment });
    let milliseconds = 0;
    let sum = 0;
    for (let update = 0; update < updates; update++) {
      const bytes = await bytesOf(await batches.read(update));
      const started = performance.now();
      const request = { do: 'train', examples: batch, rate: rateAt(update) };
      const { loss } = await child.ask<{ loss: number }>(request, bytes);
      milliseconds += performance.now() - started;
      progress('PyTorch', seed, update + 1, updates);
      if (update >= updates - batches.perEpoch) sum += loss;
    }
    let wrong = 0;
    for await (const { examples, tensors: part } of evaluationBatches(dataset, {
      split: 'test',
      size: sizes.test,
      batch,
    })) {
      const answer = await child.ask<{ wrong: number }>({ do: 'evaluate', examples }, await bytesOf(part));
      wrong += answer.wrong;
    }
    const accuracy = 100 - (100 * wrong) / sizes.test;
    return { accuracy, trainLoss: sum / batches.perEpoch, seconds: milliseconds / 1000 };
  } finally {
    await child.close();
  }
}

/** Trains one seed on both sides, one after the other. */
export async function trainSeed(config: RunConfig, dataset: OpenDataset, folder: string) {
  const plan = planTraining(recipeOf(config), dataset);
  const tensors = join(folder, `seed-${config.seed}.safetensors`);
  const ours = await trainOurs(plan, config.seed, tensors);
  return { ours, peer: await trainTheirs(plan, config.seed, tensors) };
}

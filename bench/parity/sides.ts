import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeSafetensors } from '@overparam/export/node';
import type { OpenDataset } from '@overparam/plugin';
import type { RunConfig } from '../../packages/runner/src/config/schema';
import {
  type BatchTensors,
  evaluationBatches,
  trainingBatches,
} from '../../packages/runner/src/train/batches';
import { TrainingLoop } from '../../packages/runner/src/train/loop';
import { emptySums } from '../../packages/runner/src/train/progress';
import { networkOfStage, planSession, type Session } from '../../packages/runner/src/train/session';
import { disposeTrained, equip, type Trained } from '../../packages/runner/src/train/stage';
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
export async function trainOurs(session: Session, tensors: string): Promise<OwnOutcome> {
  const { config, dataset, key, batches } = session;
  const trained = equip(session, networkOfStage(config, dataset, key, 'expanded', true));
  await writeSafetensors(tensors, { tensors: namedValues(trained), metadata: {} });
  let reading = 0;
  let epochs = 0;
  const timed: Session = {
    ...session,
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
    onUpdate: ({ update }: { update: number }) => progress('overparam', config.seed, update, session.updates),
    async onEpoch(_progress: unknown, _trained: unknown, { trainSeconds }: { trainSeconds: number }) {
      epochs += trainSeconds;
    },
    async onStop() {},
  };
  const beginning = { update: 0, stage: 'expanded' as const, history: [], sums: emptySums, balancer: null };
  const loop = new TrainingLoop(timed, trained, beginning, listeners, undefined);
  try {
    await loop.run();
    const last = loop.progress.history.at(-1)!;
    const accuracy = 100 - Number(last.top1Error);
    return { accuracy, trainLoss: last.trainLoss, seconds: epochs, readingSeconds: reading / 1000 };
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
export async function trainTheirs(session: Session, tensors: string): Promise<Outcome> {
  const { config, dataset, key, sizes, updates, rateAt } = session;
  const script = fileURLToPath(new URL('../torch/parity.py', import.meta.url));
  const child = new Child('PyTorch', peerPython(), [script]);
  try {
    await child.receiveNext();
    const decay = config.weightDecay.coefficient;
    await child.ask({ do: 'begin', model: 'resnet20', method: 'plain', tensors, decay });
    const { augment, batch } = config;
    const batches = trainingBatches(dataset, { key, size: sizes.train, batch, augment });
    let milliseconds = 0;
    let sum = 0;
    for (let update = 0; update < updates; update++) {
      const bytes = await bytesOf(await batches.read(update));
      const started = performance.now();
      const request = { do: 'train', examples: batch, rate: rateAt(update) };
      const { loss } = await child.ask<{ loss: number }>(request, bytes);
      milliseconds += performance.now() - started;
      progress('PyTorch', config.seed, update + 1, updates);
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
  const session = planSession(config, dataset);
  const tensors = join(folder, `seed-${config.seed}.safetensors`);
  const ours = await trainOurs(session, tensors);
  return { ours, peer: await trainTheirs(session, tensors) };
}

import { useEngine } from '@overparam/engine';
import { classification } from '@overparam/mtl-heads';
import type { OpenDataset } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import type { MetricsLine } from '../src/run/files';
import { trainingBatches } from '../src/train/batches';
import { createEvaluator } from '../src/train/evaluate';
import { TrainingLoop } from '../src/train/loop';
import { disposeTrained } from '../src/train/stage';
import { beginningOf, openSession } from './support/session';
import { tinyScenes } from './support/tiny';
import { tinyTwoTasks } from './support/two-tasks';

const silent = { onUpdate: () => {}, onEpoch: async () => {}, onStop: async () => {} };

/** Two classes, of which every image of a 1x1 dataset is itself the logits; -1 for a missing label. */
function logitsDataset(labels: readonly number[]): OpenDataset {
  return {
    inputShape: [1, 1, 2],
    tasks: [{ name: 'sign', kind: 'classification', outputs: 2, label: { shape: [], dtype: 'int32' } }],
    splits: { test: { size: labels.length, example: async (index: number) => index } },
    provenance: 'made here',
    augment: (example) => example,
    input: (_, target, offset) => target.set([1, 0], offset),
    label: (example, _, target, offset) => target.set([labels[example as number]!], offset),
    close: () => {},
  };
}

async function evaluated(labels: readonly number[], batch: number) {
  await useEngine('cpu');
  const x = tf.input({ shape: [1, 1, 2] });
  const model = tf.model({ inputs: x, outputs: tf.layers.flatten().apply(x) as tf.SymbolicTensor });
  const options = { split: 'test', size: labels.length, batch };
  const tasks = [classification({ name: 'sign', classes: 2 })];
  const evaluator = createEvaluator(model, tasks, logitsDataset(labels), options);
  try {
    return (await evaluator.run()).scores;
  } finally {
    evaluator.dispose();
    model.dispose();
  }
}

test('a loss on a split is the mean over its labels, however they lie in batches', async () => {
  // Cross-entropies of the logits (1, 0): log(1 + exp(-1)) for the first class and one more for the second.
  const right = Math.log(1 + Math.exp(-1));
  for (const batch of [1, 2, 3, 4]) {
    const { loss, top1Error } = await evaluated([0, -1, 1, 1], batch);
    expect(loss).toBeCloseTo((right + 2 * (right + 1)) / 3, 6);
    expect(top1Error).toBeCloseTo(200 / 3, 10);
  }
  expect((await evaluated([-1, -1], 2)).loss).toBe(0);
});

test('missing classes are neither right nor wrong in training', async () => {
  /** The training error where one image of eight has a label of the second task. */
  const errorWith = async (parity: number) => {
    const config = { ...(await tinyTwoTasks()), limit: { train: 8, test: 2 }, epochs: 1, lr: 1e-30 };
    const { session, trained } = await openSession(config);
    const { label } = session.dataset;
    let read = 0;
    const dataset: OpenDataset = {
      ...session.dataset,
      label(example, task, target, offset) {
        label.call(session.dataset, example, task, target, offset);
        if (task === 'parity') target[offset] = read++ === 0 ? parity : -1;
      },
    };
    const batches = trainingBatches(dataset, { key: session.key, size: 8, batch: 8, augment: false });
    const loop = new TrainingLoop({ ...session, batches }, trained, beginningOf(session), silent, undefined);
    try {
      await loop.run();
      return (loop.progress.history[0] as MetricsLine)['parity/trainTop1Error'] as number;
    } finally {
      loop.dispose();
      disposeTrained(loop.trained);
      await session.dataset.close();
    }
  };
  // The one prediction is the same both times, and right once.
  expect([await errorWith(0), await errorWith(1)].sort()).toEqual([0, 100]);
});

test('a run that is to be judged by its best epoch ends after the first where val has no labels', async () => {
  const { session, trained } = await openSession({
    ...tinyScenes,
    dataset: { name: 'nyuv2-sample', size: [32, 32], threads: 0, holdOut: 20 },
    limit: { test: 1 },
    evaluation: 'best',
  });
  const missing: OpenDataset = {
    ...session.dataset,
    label(_, task, target, offset) {
      target.fill(task === 'segmentation' ? -1 : 0, offset);
    },
  };
  const loop = new TrainingLoop(
    { ...session, dataset: missing },
    trained,
    beginningOf(session),
    silent,
    undefined,
  );
  await expect(loop.run()).rejects.toMatchObject({
    code: 'no-labels',
    message: expect.stringContaining('evaluation: best'),
  });
  loop.dispose();
  disposeTrained(loop.trained);
  await session.dataset.close();
});

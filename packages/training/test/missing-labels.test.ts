import { useEngine } from '@overparam/engine';
import { classification } from '@overparam/mtl-heads';
import type { OpenDataset, Task } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { createEvaluator } from '../src/index';
import { finish, openRun, relabelled } from './support/runs';
import { scenes, tinyScenes, tinyTwoTasks } from './support/setups';

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
    return (await evaluator.run()).scores.byTask.sign!;
  } finally {
    evaluator.dispose();
    model.dispose();
  }
}

test('a loss on a split is the mean over its labels, however they lie in batches', async () => {
  // Cross-entropies of the logits (1, 0): log(1 + exp(-1)) for the first class and one more for the second.
  const right = Math.log(1 + Math.exp(-1));
  for (const batch of [1, 2, 3, 4]) {
    const { loss, figures } = await evaluated([0, -1, 1, 1], batch);
    expect(loss).toBeCloseTo((right + 2 * (right + 1)) / 3, 6);
    expect(figures.top1Error).toBeCloseTo(200 / 3, 10);
  }
});

test('where nothing has a label the loss is 0 and no figure is counted', async () => {
  const { loss, figures } = await evaluated([-1, -1], 2);
  expect(loss).toBe(0);
  expect(Object.keys(figures)).toContain('top1Error');
  expect(Object.values(figures).every((figure) => figure === null)).toBe(true);
});

test('a figure that is not finite is null, as a record read from its file has it', async () => {
  await useEngine('cpu');
  const x = tf.input({ shape: [1, 1, 2] });
  const model = tf.model({ inputs: x, outputs: tf.layers.flatten().apply(x) as tf.SymbolicTensor });
  const task: Task = {
    ...classification({ name: 'sign', classes: 2 }),
    accumulator: () => ({
      add() {},
      result: () => ({ above: Number.POSITIVE_INFINITY, below: Number.NEGATIVE_INFINITY, none: NaN, one: 1 }),
      details: () => ({ classIoU: [50, NaN], rows: [[1, Number.POSITIVE_INFINITY], []] }),
    }),
  };
  const evaluator = createEvaluator(model, [task], logitsDataset([0, 1]), { split: 'test', batch: 2 });
  const { scores, details } = await evaluator.run();
  evaluator.dispose();
  model.dispose();
  expect(scores.byTask.sign!.figures).toEqual({ above: null, below: null, none: null, one: 1 });
  expect(details.sign).toEqual({ classIoU: [50, null], rows: [[1, null], []] });
  expect(JSON.parse(JSON.stringify(details))).toEqual(details);
});

test('missing classes are neither right nor wrong in training', async () => {
  /** The training error where one image of eight has a label of the second task. */
  const errorWith = async (parity: number) => {
    let read = 0;
    const run = await openRun({ ...tinyTwoTasks, limit: { train: 8, test: 2 }, epochs: 1, lr: 1e-30 });
    const changed = relabelled(run, (task, target, offset) => {
      if (task === 'parity') target[offset] = read++ === 0 ? parity : -1;
    });
    const { history } = await finish(changed);
    return history[0]!.train.byTask.parity!.figures.top1Error;
  };
  // The one prediction is the same both times, and right once.
  expect([await errorWith(0), await errorWith(1)].sort()).toEqual([0, 100]);
});

test('a run that is to be judged by its best epoch ends after the first where val has no labels', async () => {
  const run = await openRun({
    ...tinyScenes,
    dataset: scenes({ holdOut: 20 }),
    limit: { test: 1 },
    evaluation: 'best',
  });
  const dataset: OpenDataset = {
    ...run.plan.dataset,
    label(_, task, target, offset) {
      target.fill(task === 'segmentation' ? -1 : 0, offset);
    },
  };
  await expect(finish({ ...run, plan: { ...run.plan, dataset } })).rejects.toMatchObject({
    code: 'no-labels',
    message: expect.stringContaining('evaluation: best'),
  });
});

test('a task without labels anywhere ends the run after the first pass, by name', async () => {
  const run = await openRun({ ...tinyScenes, limit: { train: 4, test: 1 } });
  const changed = relabelled(run, (task, target, offset) => {
    if (task === 'normals') target.fill(0, offset);
  });
  await expect(finish(changed)).rejects.toMatchObject({
    code: 'no-labels',
    message: expect.stringContaining('Task "normals" had no valid label'),
  });
});

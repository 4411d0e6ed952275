import { foldKey, normalTensor, useEngine } from '@overparam/engine';
import type { Backbone, Dataset, OpenDataset, Phase, Routine } from '@overparam/plugin';
import { type DefineTest, testBackbone, testDataset, testRoutine } from '@overparam/plugin/testing';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

beforeAll(async () => {
  await useEngine('wasm');
});

/** All that a kit has to say, one line each. */
async function faultsOf(kit: (run: DefineTest) => void): Promise<string> {
  const bodies: [string, () => void | Promise<void>][] = [];
  kit((name, body) => bodies.push([name, body]));
  const faults: string[] = [];
  for (const [name, body] of bodies) {
    try {
      await body();
    } catch (error) {
      faults.push(`${name}: ${String(error)}`);
    }
  }
  return faults.join('\n');
}

const common = { apiVersion: 1, summary: 'Test data.', options: z.strictObject({}) } as const;

const example = Float32Array.of(0.1, 0.2, 0.3, 0.4);

/** Images of four pixels; augmentation as given. */
function dataset(augment: OpenDataset<Float32Array>['augment']): Dataset {
  const split = { size: 20, example: () => example };
  const opened: OpenDataset<Float32Array> = {
    inputShape: [2, 2, 1],
    tasks: [{ name: 'first', kind: 'regression', outputs: 1, label: { shape: [], dtype: 'float32' } }],
    splits: { train: split, test: split },
    provenance: 'made up',
    augment,
    input: (pixels, target, offset) => target.set(pixels, offset),
    label(pixels, _task, target, offset) {
      target[offset] = pixels[0]!;
    },
    close() {},
  };
  return { ...common, name: 'pixels', open: async () => opened as OpenDataset, verify: async () => [] };
}

test.each<[string, OpenDataset<Float32Array>['augment'], RegExp]>([
  ['changes nothing', (pixels) => pixels, /^$/],
  ['follows the key', (pixels, key) => pixels.map((value) => value + (key[0] % 7)), /^$/],
  ['changes all alike', (pixels) => pixels.map((value) => 1 - value), /by every key in the same way/],
  ['follows nothing', (pixels) => pixels.map((value) => value + performance.now()), /with one key differ/],
])('the kit of datasets on augmentation that %s', async (_, augment, message) => {
  expect(
    await faultsOf((run) => testDataset(dataset(augment), { test: run, context: { dataDir: '' } })),
  ).toMatch(message);
});

test.each<[string, Dataset['present'], RegExp]>([
  ['says that it is there', async () => ({ what: 'pixels', ok: true, detail: 'made up' }), /^$/],
  [
    'says that it is not',
    async () => ({ what: 'pixels', ok: false, detail: 'no' }),
    /is not there.*succeeds/,
  ],
  ['says nothing of it', async () => ({ what: 'pixels', ok: true, detail: '' }), /is not said/],
  [
    'reads it first',
    async (_, { progress }) => {
      progress?.(1, 2, 'reading');
      return { what: 'pixels', ok: true, detail: 'read' };
    },
    /told after reading/,
  ],
])('the kit of datasets on one that %s', async (_, present, message) => {
  const pixels = { ...dataset((example) => example), present };
  expect(await faultsOf((run) => testDataset(pixels, { test: run, context: { dataDir: '' } }))).toMatch(
    message,
  );
});

function phase(name: string, moves: Phase['moves'], loss: Phase['loss'] = 'balanced'): Phase {
  return { name, moves, loss, rates: [], stage: 'expanded' };
}

/** Phases in turn. */
function routine(phasesOf: (tasks: readonly string[]) => readonly Phase[]): Routine {
  return {
    ...common,
    name: 'turns',
    plan({ tasks }) {
      const phases = phasesOf(tasks);
      return {
        phases,
        at: (index) => ({ phase: phases[index % phases.length]!.name, batch: index, reset: [] }),
        stages: [{ stage: 'expanded', from: 0 }],
        notes: [],
      };
    },
  };
}

const everything = [{ role: 'core' }, { role: 'frame' }, { role: 'branch' }, { role: 'scale' }] as const;

test.each<[string, (tasks: readonly string[]) => readonly Phase[], RegExp]>([
  ['moves everything', () => [phase('all', everything)], /^$/],
  [
    "forgets all tasks' parameters but the first's",
    ([task]) => [
      phase('shared', [
        { role: 'frame' },
        { role: 'branch' },
        { role: 'core', task: null },
        { role: 'scale', task: null },
      ]),
      phase('own', everything, { task: task! }),
    ],
    /2 tasks.*"core second" moves in no phase/,
  ],
  [
    "moves a task's cores on the loss of another",
    (tasks) => [
      phase('all', everything),
      ...tasks.slice(1).map((task) => phase('crossed', [{ role: 'core', task }], { task: tasks[0]! })),
    ],
    /2 tasks.*phase "crossed" moves nothing/,
  ],
  [
    'follows a task that is not there',
    () => [phase('all', everything, { task: 'classes' })],
    /2 tasks.*follows the loss of a task that the run does not have/,
  ],
])('the kit of routines on one that %s', async (_, phasesOf, message) => {
  expect(await faultsOf((run) => testRoutine(routine(phasesOf), { test: run }))).toMatch(message);
});

/** One convolution for all tasks, and one for each, of the input's size; pooled where `pooled` says so. */
function backbone(pooled: boolean): Backbone {
  return {
    ...common,
    name: 'one convolution',
    build({ inputShape, tasks, key }) {
      const image = tf.input({ shape: [...inputShape] });
      const convolution = (name: string, filters: number) =>
        tf.layers.conv2d({ name, filters, kernelSize: 3, padding: 'same', kernelInitializer: 'zeros' });
      const shared = convolution('shared', 4).apply(image);
      const outputs = tasks.map(({ name, outputs }) => {
        const y = convolution(name, outputs).apply(shared) as tf.SymbolicTensor;
        return pooled ? (tf.layers.globalAveragePooling2d({}).apply(y) as tf.SymbolicTensor) : y;
      });
      const model = tf.model({ inputs: image, outputs });
      for (const weight of model.weights) {
        const values = normalTensor(foldKey(key, weight.originalName), weight.shape as number[], 0, 1);
        weight.write(values);
        values.dispose();
      }
      return {
        model,
        representations: ['shared'],
        owner: (layer) => tasks.find(({ name }) => name === layer)?.name ?? null,
      };
    },
  };
}

test('the kit of backbones asks for images where labels are images, and for one answer where not', async () => {
  const tasks = [
    { name: 'depth', kind: 'depth', outputs: 1 },
    { name: 'height', kind: 'height', outputs: 2, label: { shape: [8, 8, 2], dtype: 'float32' } },
  ] as const;
  const kit = { inputShape: [8, 8, 3] } as const;
  const faults = (pooled: boolean, more: object = {}) =>
    faultsOf((run) => testBackbone(backbone(pooled), { ...kit, ...more, test: run }));
  expect(await faults(false, { tasks })).toBe('');
  expect(await faults(true, { tasks })).toMatch(/task "depth", is \[2,1\] and not \[2,8,8,1\]/);
  expect(await faults(true)).toBe('');
  expect(await faults(false)).toMatch(/task "first", is \[2,8,8,10\] and not \[2,10\]/);
});

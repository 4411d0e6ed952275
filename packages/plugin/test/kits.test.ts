import { foldKey, normalTensor, useEngine } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  type Backbone,
  type Dataset,
  type DatasetTask,
  type Head,
  headOf,
  type NetworkTask,
  type OpenDataset,
  type Phase,
  type Routine,
} from '../src/index';
import { type DefineTest, testBackbone, testDataset, testRoutine } from '../src/testing';

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

test('a kit gives each of its tests a time limit above the five seconds that most runners allow', () => {
  const routine: Routine = {
    ...common,
    name: 'none',
    plan: () => ({ phases: [], at: () => ({ phase: '', batch: 0, reset: [] }), stages: [], notes: [] }),
  };
  const limits: (number | undefined)[] = [];
  testRoutine(routine, { test: (_name, _body, timeout) => void limits.push(timeout) });
  expect(limits.length).toBeGreaterThan(5);
  for (const limit of limits) expect(limit).toBeGreaterThanOrEqual(60_000);
});

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

test('the kit of datasets on a label that is not written', async () => {
  const whole = dataset((pixels) => pixels);
  const lacking: Dataset = {
    ...whole,
    open: async (...context) => ({ ...(await whole.open(...context)), label() {} }),
  };
  expect(await faultsOf((run) => testDataset(lacking, { test: run, context: { dataDir: '' } }))).toMatch(
    /a label of task "first" is out of range at example 0/,
  );
});

test('the kits on parts that lack what every part has', async () => {
  const pixels = dataset((given) => given);
  const faults = (change: object) =>
    faultsOf((run) =>
      testDataset({ ...pixels, ...change } as Dataset, { test: run, context: { dataDir: '' } }),
    );
  expect(await faults({ apiVersion: 2 })).toMatch(/has the form of a dataset: .*speaks apiVersion 2/);
  expect(await faults({ summary: '' })).toMatch(/needs a summary/);
  expect(await faults({ summary: 'One.\nTwo.' })).toMatch(/summary is of several lines/);
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
    'moves a role that does not exist',
    () => [phase('all', [...everything, { role: 'kernel' as never }])],
    /phase "all" moves "kernel", which is no role: core, frame/,
  ],
  [
    'plans by chance',
    () => [{ ...phase('all', everything), rates: [{ group: {}, factor: 1 + Math.random() }] } as never],
    /two plans of one run differ/,
  ],
  [
    'follows a task that is not there',
    () => [phase('all', everything, { task: 'classes' })],
    /2 tasks.*follows the loss of a task that the run does not have/,
  ],
])('the kit of routines on one that %s', async (_, phasesOf, message) => {
  expect(await faultsOf((run) => testRoutine(routine(phasesOf), { test: run }))).toMatch(message);
});

test('a routine that needs several updates refuses shorter runs, and the kit that is told checks how', async () => {
  const all = routine(() => [phase('all', everything)]);
  const staged = (code: string): Routine => ({
    ...all,
    plan: (run, options) => {
      if (run.updates < 3) throw new OverparamError(code, 'a run of 3 updates or more is needed');
      return all.plan(run, options);
    },
  });
  const faults = (fewestUpdates: number, refusing: Routine) =>
    faultsOf((run) => testRoutine(refusing, { test: run, fewestUpdates }));
  expect(await faults(3, staged('invalid-options'))).toBe('');
  expect(await faults(1, staged('invalid-options'))).toMatch(/plans 1 updates.*3 updates or more is needed/);
  expect(await faults(3, staged('no-data'))).toMatch(/expected an OverparamError "invalid-options"/);
  expect(await faults(3, all)).toMatch(/fewer updates than the kit was told is planned/);
});

/** A convolution of the input's size, or its mean over the image. */
function convolved(pooled: boolean): Head {
  return {
    name: 'convolved',
    forms: ['class', 'dense', 'vector'],
    build(features, { name, outputs }) {
      const y = convolution(name, outputs).apply(features) as tf.SymbolicTensor;
      return pooled ? (tf.layers.globalAveragePooling2d({}).apply(y) as tf.SymbolicTensor) : y;
    },
  };
}

function convolution(name: string, filters: number): tf.layers.Layer {
  return tf.layers.conv2d({ name, filters, kernelSize: 3, padding: 'same', kernelInitializer: 'zeros' });
}

/** One convolution for all tasks, and a head for each, chosen as given. */
function backbone(headFor: (task: NetworkTask) => Head, representation = 'shared'): Backbone {
  return {
    ...common,
    name: 'one convolution',
    build({ inputShape: [height, width, channels], tasks, key }) {
      const heads = tasks.map(headFor);
      const image = tf.input({ name: 'image', shape: [height, width, channels] });
      const shared = convolution('shared', 4).apply(image) as tf.SymbolicTensor;
      const outputs = tasks.map((task, index) => heads[index]!.build(shared, task, [height, width]));
      const model = tf.model({ inputs: image, outputs });
      for (const weight of model.weights) {
        const values = normalTensor(foldKey(key, weight.originalName), weight.shape as number[], 0, 1);
        weight.write(values);
        values.dispose();
      }
      const owner = (layer: string) => tasks.find(({ name }) => layer.startsWith(name))?.name ?? null;
      return { model, representations: [representation], owner };
    },
  };
}

describe('the kit of backbones', () => {
  const dense: readonly NetworkTask[] = [
    { name: 'depth', form: 'dense', outputs: 1 },
    { name: 'height', form: 'dense', outputs: 2 },
  ];
  const faults = (
    headFor: (task: NetworkTask) => Head,
    tasks?: readonly NetworkTask[],
    representation?: string,
  ) =>
    faultsOf((run) =>
      testBackbone(backbone(headFor, representation), {
        inputShape: [8, 8, 3],
        ...(tasks && { tasks }),
        test: run,
      }),
    );
  /** Heads as the contract has them: the task's, or else the backbone's own. */
  const withOwn = (pooled: boolean) => (task: NetworkTask) => {
    const own = convolved(pooled);
    return headOf('toy', task, { class: own, dense: own, vector: own });
  };

  const one = backbone((task) => withOwn(true)(task));

  test('asks for images where tasks are dense, and for one answer where not', async () => {
    expect(await faults(withOwn(false), dense)).toBe('');
    expect(await faults(withOwn(true), dense)).toMatch(/task "depth" is \[2,1\] and not \[2,8,8,1\]/);
    expect(await faults(withOwn(true))).toBe('');
    expect(await faults(withOwn(false))).toMatch(/task "first" is \[2,8,8,10\] and not \[2,10\]/);
  });

  test('asks for answers of length 1 where a task wants directions', async () => {
    const facing: readonly NetworkTask[] = [{ name: 'facing', form: 'dense', outputs: 3, unitLength: true }];
    expect(await faults(withOwn(false), facing)).toMatch(/task "facing" is to have length 1 and has/);
  });

  test('asks for representations that are layers, and part what is shared from what is not', async () => {
    expect(await faults(withOwn(true), undefined, 'image')).toMatch(
      /layer "first" of a task takes from the shared layer "shared", which is no representation/,
    );
    expect(await faults(withOwn(true), undefined, 'elsewhere')).toMatch(
      /representation "elsewhere" is no layer/,
    );
  });

  test('finds a weight that does not follow from the key, though no output shows it', async () => {
    const hidden: typeof one = {
      ...one,
      build(...given) {
        const network = one.build(...given);
        const { model } = network;
        const shared = model.getLayer('shared');
        const still = tf.layers.conv2d({
          name: 'shared_still',
          filters: 1,
          kernelSize: 1,
          kernelInitializer: tf.initializers.constant({ value: Math.random() }),
        });
        const none = tf.layers.upSampling2d({}).apply(still.apply(shared.output)) as tf.SymbolicTensor;
        const zero = tf.layers.globalMaxPooling2d({}).apply(none) as tf.SymbolicTensor;
        const outputs = model.outputs.map((output) => {
          const width = output.shape.at(-1)!;
          const nothing = tf.layers.dense({ units: width, useBias: false, kernelInitializer: 'zeros' });
          return tf.layers
            .add()
            .apply([output, nothing.apply(zero) as tf.SymbolicTensor]) as tf.SymbolicTensor;
        });
        return { ...network, model: tf.model({ inputs: model.inputs, outputs }) };
      },
    };
    const found = await faultsOf((run) => testBackbone(hidden, { inputShape: [8, 8, 3], test: run }));
    expect(found).toMatch(/the weight "shared_still\/kernel" has two first values by one key/);
  });

  test('finds one that takes no heads', async () => {
    const found = await faults(({ form }) => convolved(form !== 'dense'));
    expect(found).toMatch(/takes heads .*the head of form class that is handed in is not used/);
    expect(found).toMatch(/refuses a head .*gives: no error; expected unsupported-head/);
  });

  test('finds one that asks no head whether it fits', async () => {
    const found = await faults(({ form, head = convolved(form !== 'dense') }) => head);
    expect(found).not.toMatch(/takes heads/);
    expect(found).toMatch(/refuses a head .*form class gives: no error/);
  });

  test('finds one that hands heads the mean of its features, though they want a map', async () => {
    const found = await faults((task) => {
      const head = withOwn(true)(task);
      return {
        ...head,
        build(features, ...rest) {
          const mean = tf.layers.globalAveragePooling2d({}).apply(features) as tf.SymbolicTensor;
          return head.build(task.head ? mean : features, ...rest);
        },
      };
    });
    expect(found).toMatch(/takes heads .*form class is given features \[,4\] and not \[n, h, w, channels\]/);
  });
});

test('the kit of datasets takes int32 labels for class indices, and counts the names of classes', async () => {
  const tasks = (task: Partial<DatasetTask>): OpenDataset['tasks'] => [
    { name: 'first', kind: 'sound', outputs: 3, label: { shape: [], dtype: 'int32' }, ...task },
  ];
  const faults = async (first: number, task: Partial<DatasetTask> = {}) => {
    const given = dataset((pixels) => pixels);
    const changed: Dataset = {
      ...given,
      async open(...context) {
        const opened = await given.open(...context);
        return {
          ...opened,
          tasks: tasks(task),
          label: (_, __, target, offset) => target.set([first], offset),
        };
      },
    };
    return faultsOf((run) => testDataset(changed, { test: run, context: { dataDir: '' } }));
  };
  expect(await faults(2)).toBe('');
  expect(await faults(-1)).toBe('');
  expect(await faults(3)).toMatch(
    /task "first" is out of range at example 0: labels of int32 are class indices, -1 to 2/,
  );
  expect(await faults(3, { label: { shape: [], dtype: 'float32' } })).toBe('');
  expect(await faults(2, { classes: ['a', 'b'] })).toMatch(/names 2 classes and has 3 outputs/);
});

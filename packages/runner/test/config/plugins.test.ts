import { mkdirSync, writeFileSync } from 'node:fs';
import {
  type ConfigFile,
  chooseTasks,
  loadDefaultPlugins,
  loadPlugins,
  type RunConfig,
  taskOf,
} from '@overparam/config';
import {
  type Dataset,
  lookup,
  type OpenDataset,
  parseOptions,
  registered,
  registerPlugin,
  type Task,
} from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { train } from '../../src/run/train';
import { completed, openPlan } from '../support/plan';
import { temporaryFolder, tiny, tinyScenes } from '../support/tiny';

const path = temporaryFolder();

beforeAll(loadDefaultPlugins);

/** Writes files below the test's folder. */
function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path(name, '..'), { recursive: true });
    writeFileSync(path(name), text);
  }
}

/** Writes a package that a config in the test's folder has beside it. */
function writePackage(name: string, exports: object, files: Readonly<Record<string, string>>): void {
  const manifest = JSON.stringify({ name, version: '1.0.0', type: 'module', exports });
  const entries = Object.entries({ 'package.json': manifest, ...files });
  write(Object.fromEntries(entries.map(([file, text]) => [`node_modules/${name}/${file}`, text])));
}

const pluginText = (name: string, more = '') =>
  `export const plugin = { name: '${name}', apiVersion: 1${more} };`;
const headText = (name: string) =>
  `, heads: [{ apiVersion: 1, name: '${name}', summary: 's', options: { '~standard': { version: 1, vendor: 'none', validate: (value) => ({ value }), jsonSchema: { input: () => ({}) } } }, make() {} }]`;

async function refusal(name: string): Promise<{ code: string; message: string; cause: unknown }> {
  return loadPlugins([name], path()).then(
    () => {
      throw new Error('the plugin was not refused');
    },
    (error) => error as { code: string; message: string; cause: unknown },
  );
}

describe('packages beside the config', () => {
  test.each([
    ['only-import', { '.': { import: './index.js' } }, 'index.js'],
    ['by-default', { '.': { types: './index.d.ts', default: './index.js' } }, 'index.js'],
    ['main-only', undefined, 'index.js'],
  ])('%s is found', async (name, exports, file) => {
    writePackage(name, exports as object, { [file]: pluginText(name, headText(`head of ${name}`)) });
    await loadPlugins([name], path());
    expect(registered('head').map((head) => head.name)).toContain(`head of ${name}`);
  });

  test('one that only `require` finds is found', async () => {
    writePackage(
      'only-require',
      { '.': { require: './index.cjs' } },
      { 'index.cjs': `exports.plugin = { name: 'only-require', apiVersion: 1${headText('required')} };` },
    );
    await loadPlugins(['only-require'], path());
    expect(registered('head').map((head) => head.name)).toContain('required');
  });

  test('one that throws is not said to be missing, and what it threw is the cause', async () => {
    writePackage('broken', { '.': './index.js' }, { 'index.js': "throw new Error('no GPU here');" });
    const { code, message, cause } = await refusal('broken');
    expect(code).toBe('plugin-failed');
    expect(message).toMatch(/"broken" failed while it was loaded: no GPU here/);
    expect(message).not.toMatch(/Install/);
    expect((cause as Error).message).toBe('no GPU here');
  });

  test('one that misses a package of its own is not said to be missing itself', async () => {
    writePackage('hungry', { '.': './index.js' }, { 'index.js': "import 'not-installed-anywhere';" });
    const { code, message } = await refusal('hungry');
    expect(code).toBe('plugin-failed');
    expect(message).toMatch(/"hungry" failed.*not-installed-anywhere/);
  });

  test('one that is not there is missing', async () => {
    const { code, message } = await refusal('not-installed-anywhere');
    expect(code).toBe('plugin-missing');
    expect(message).toMatch(/no package "not-installed-anywhere".*Install it beside the config/);
  });

  test('a file without ./ is told from a package', async () => {
    write({ 'my-method.ts': pluginText('mine') });
    for (const name of ['my-method.ts', 'another.js']) {
      const { code, message } = await refusal(name);
      expect(code).toBe('plugin-missing');
      expect(message).toContain(`write "./${name}"`);
    }
  });
});

describe('files', () => {
  test('one that throws is named, with its cause', async () => {
    write({ 'throws.ts': "throw new Error('half written');" });
    const { code, message, cause } = await refusal('./throws.ts');
    expect(code).toBe('plugin-failed');
    expect(message).toMatch(/"\.\/throws\.ts" failed.*half written/);
    expect((cause as Error).message).toBe('half written');
  });

  test('one of a wrong form is named', async () => {
    write({ 'misspelt.ts': pluginText('misspelt', ', method: []'), 'empty.ts': 'export const other = 1;' });
    expect(await refusal('./misspelt.ts')).toMatchObject({
      code: 'plugin-invalid',
      message: expect.stringMatching(/"\.\/misspelt\.ts".*unknown key "method".*"methods"/),
    });
    expect(await refusal('./empty.ts')).toMatchObject({
      code: 'plugin-invalid',
      message: expect.stringContaining('no export "plugin"'),
    });
  });
});

/** Whether a number is near the label: a kind of task that is not one of this repository's. */
function near(name: string, within: number): Task {
  return {
    name,
    kind: 'near',
    form: 'vector',
    outputs: 1,
    label: { shape: [], dtype: 'float32' },
    loss: (prediction, label) =>
      tf.tidy(() => tf.mean(tf.square(tf.sub(tf.reshape(prediction, label.shape), label))) as tf.Scalar),
    validLabels: (label) => tf.tidy(() => tf.sum(tf.onesLike(label)) as tf.Scalar),
    metrics: [{ name: 'closeness', direction: 'higher', unit: '%' }],
    accumulator() {
      let [close, all] = [0, 0];
      return {
        add(prediction, label) {
          for (const [index, truth] of label.entries()) {
            all++;
            if (Math.abs(prediction[index]! - truth) <= within) close++;
          }
        },
        result: () => ({ closeness: (100 * close) / all }),
      };
    },
  };
}

/** The shipped CIFAR sample with the share of its class's number as the label. */
const shares: Dataset<unknown, unknown> = {
  apiVersion: 1,
  name: 'shares',
  summary: 'Test data.',
  options: z.strictObject({}),
  verify: async () => [],
  async open(_options, context) {
    const sample: Dataset = lookup('dataset', 'cifar100-sample');
    const opened: OpenDataset = await sample.open(parseOptions(sample.options, {}), context);
    const number = new Int32Array(1);
    return {
      ...opened,
      tasks: ['share', 'other'].map((name) => ({
        name,
        kind: 'near',
        outputs: 1,
        label: { shape: [], dtype: 'float32' },
      })),
      label(example, _task, target, offset) {
        opened.label(example, opened.tasks[0]!.name, number, 0);
        target[offset] = number[0]! / 100;
      },
    };
  },
};

const run: ConfigFile = { ...tiny, backbone: { name: 'segnet', width: 2 }, dataset: 'shares', epochs: 1 };

describe("kinds of tasks of a plugin's own", () => {
  beforeAll(() => {
    registerPlugin({
      name: 'near',
      apiVersion: 1,
      datasets: [shares],
      tasks: [
        {
          apiVersion: 1,
          name: 'near',
          summary: 'Test data.',
          options: z.strictObject({ within: z.number().positive().default(1000) }),
          make: ({ name }, { within }) => near(name, within),
        },
      ],
    });
  });

  test('a dataset of such a kind trains, and its figures follow the options of its task', async () => {
    const result = await train(
      { ...run, taskOptions: { labelSmoothing: 0.1, byTask: { other: { within: 1e-9 } } } },
      { out: path('near') },
    );
    // All predictions are within 1000, none is within a billionth.
    const closeness = (task: string) => result.collapsed.byTask[task]!.figures.closeness;
    expect(['share', 'other'].map(closeness)).toEqual([100, 0]);
  });

  test.each<[string, RunConfig['taskOptions'], string, RegExp]>([
    [
      'of a task that is not there',
      { byTask: { shares: {} } },
      'unknown-task',
      /taskOptions\.byTask: the dataset has no task "shares"\. Did you mean "share"\?/,
    ],
    [
      'that its kind does not have',
      { byTask: { share: { whithin: 2 } } },
      'invalid-options',
      /task "share" of kind "near".*"whithin".*"within"/,
    ],
    ['that are wrong', { byTask: { share: { within: -1 } } }, 'invalid-options', /task "share".*within/],
  ])('options %s are refused when the run is planned', async (_, taskOptions, code, message) => {
    const config: ConfigFile = { ...run, taskOptions: taskOptions as ConfigFile['taskOptions'] };
    await expect(openPlan(config)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test('options may be of tasks that another run learns', async () => {
    const config: ConfigFile = {
      ...run,
      tasks: ['share'],
      taskOptions: { byTask: { other: { within: 2 } } },
    };
    const { tasks, dataset } = await openPlan(config);
    expect(tasks.map(({ name }) => name)).toEqual(['share']);
    await dataset.close();
  });
});

test('regression takes its error, missing label and unit from the config, for all tasks or by task', () => {
  const label = { shape: [], dtype: 'float32' } as const;
  const declared: OpenDataset['tasks'] = [
    { name: 'age', kind: 'regression', outputs: 1, label },
    { name: 'height', kind: 'regression', outputs: 1, label },
    { name: 'class', kind: 'classification', outputs: 3, label: { shape: [], dtype: 'int32' } },
  ];
  const options = {
    unit: 'cm',
    missing: -1,
    error: 'absolute',
    byTask: { age: { unit: 'years', missing: null, error: 'squared' } },
  } as const;
  const [age, height] = declared.map((task) => taskOf(task, options));
  expect([age, height].map((task) => task!.metrics[0]!.unit)).toEqual(['years', 'cm']);
  tf.tidy(() => {
    const [x, y] = [tf.tensor2d([[4], [6]]), tf.tensor1d([1, -1])];
    // Squares of 3 and 7; without the missing label, 3 alone.
    expect(age!.loss(x, y).dataSync()[0]).toBeCloseTo((9 + 49) / 2, 5);
    expect(height!.loss(x, y).dataSync()[0]).toBeCloseTo(3, 5);
  });
});

test('a kind that no plugin has is refused with those that there are', () => {
  const label = { shape: [], dtype: 'float32' } as const;
  const dataset = { tasks: [{ name: 'music', kind: 'sound', outputs: 1, label }] } as unknown as OpenDataset;
  expect(() => taskOf(chooseTasks(dataset, ['music']).tasks[0]!, {})).toThrow(
    /Task "music" is of kind "sound", which no plugin has; there are classification, .*regression/,
  );
});

describe('heads', () => {
  test('a head of a plugin is named like the others', async () => {
    let built = 0;
    const segnet = lookup('head', 'segnet').make({});
    registerPlugin({
      name: 'heads',
      apiVersion: 1,
      heads: [
        {
          apiVersion: 1,
          name: 'counted',
          summary: 'Test data.',
          options: z.strictObject({ by: z.int().default(1) }),
          make: ({ by }) => ({
            ...segnet,
            name: 'counted',
            build(...given) {
              built += by;
              return segnet.build(...given);
            },
          }),
        },
      ],
    });
    const { dataset } = await openPlan({ ...tinyScenes, heads: { depth: 'counted' } });
    expect(built).toBeGreaterThan(0);
    await dataset.close();
  });

  test.each<[string, ConfigFile, string, RegExp]>([
    [
      'one that there is not',
      { heads: { depth: 'segnt' } },
      'unknown-head',
      /"segnt"; did you mean "segnet"\?/,
    ],
    [
      'one answer for a whole image of depths',
      { heads: { depth: 'pooled' } },
      'unsupported-head',
      /"pooled" does not fit task "depth".*form class or vector.*form dense/,
    ],
    [
      'a norm over one number',
      { heads: { depth: 'deeplab' }, batch: 1 },
      'batch-too-small',
      /"deeplab".*batches of 1.*norm.*Set batch to 2/,
    ],
  ])('%s is refused before the run begins', async (_, changes, code, message) => {
    await expect(openPlan({ ...tinyScenes, ...changes })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test('a batch of 1 is no fault of heads without such a norm', async () => {
    expect((await completed({ ...tinyScenes, heads: 'segnet', batch: 1 })).batch).toBe(1);
  });
});

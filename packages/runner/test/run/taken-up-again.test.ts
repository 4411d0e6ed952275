import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { resnet } from '@overparam/backbones';
import { loadDefaultPlugins } from '@overparam/config';
import { collapse, dropoutMasks, expand, forward, parametersOf } from '@overparam/core-reparam';
import { keyFromSeed, normalTensor, useEngine } from '@overparam/engine';
import { readNetwork, writeNetwork } from '@overparam/export/node';
import { importNetwork } from '@overparam/import';
import { type Method, parseOptions, registered } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { main } from '../../src/main';
import { temporaryFolder, textOf, tiny, tinyScenes } from '../support/tiny';

const path = temporaryFolder();
const key = keyFromSeed(11);
const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../import/test/fixtures/${name}`, import.meta.url));

await loadDefaultPlugins();
const methods = registered('method') as readonly Method[];

beforeAll(async () => {
  await useEngine('wasm');
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});

function imagesFor(model: tf.LayersModel): tf.Tensor {
  return normalTensor([3, 7], [4, ...(model.inputs[0]!.shape.slice(1) as number[])], 0, 1);
}

const answers = (model: tf.LayersModel, x: tf.Tensor) =>
  tf.tidy(() => forward(model, [x], { mode: 'infer' })).map((y) => y as tf.Tensor);

/** The distance between what two networks compute, max|difference| / max|reference|, by this test's own sum. */
function distance(a: tf.LayersModel, b: tf.LayersModel): number {
  const x = imagesFor(a);
  const [first, second] = [a, b].map((model) => answers(model, x).flatMap((y) => [...y.dataSync()])) as [
    number[],
    number[],
  ];
  x.dispose();
  const most = Math.max(...first.map(Math.abs));
  return Math.max(...first.map((value, index) => Math.abs(value - second[index]!))) / most;
}

/** Some steps down the slope of a made-up loss. @returns the losses before each */
function train(model: tf.LayersModel, steps: number): number[] {
  const variables = parametersOf(model).map(({ variable }) => variable);
  return Array.from({ length: steps }, () =>
    tf.tidy(() => {
      const x = imagesFor(model);
      const masks = dropoutMasks(model, x.shape[0]!, [5, 5]);
      const { value, grads } = tf.variableGrads(
        () =>
          tf
            .addN(
              forward(model, [x], { mode: 'train', masks }).map((y) => tf.mean(tf.square(tf.sub(y, 0.5)))),
            )
            .asScalar(),
        variables,
      );
      const norm = Math.sqrt(
        Object.values(grads).reduce((sum, grad) => sum + tf.sum(tf.square(grad)).dataSync()[0]!, 0),
      );
      for (const variable of variables) {
        const grad = grads[variable.name];
        if (grad) variable.assign(tf.sub(variable, tf.mul(grad, 0.02 / norm)) as tf.Variable);
      }
      return value.dataSync()[0]!;
    }),
  );
}

/** Expands a network with `start: preserve`, compares, trains and collapses it. */
function takeUpAgain(model: tf.LayersModel, method: Method): void {
  const again = expand(model, { method, options: { start: 'preserve' }, key });
  expect(distance(model, again)).toBeLessThan(1e-5);
  const losses = train(again, 4);
  expect(losses.every(Number.isFinite)).toBe(true);
  expect(losses.at(-1)).toBeLessThan(losses[0]!);
  const { model: once, report } = collapse(again);
  expect(report.gap).toBeLessThan(1e-5);
  expect(distance(again, once)).toBeLessThan(1e-5);
  expect(distance(model, once)).toBeGreaterThan(1e-4);
  // Norms that the given network has are folded.
  expect(once.countParams()).toBeLessThanOrEqual(model.countParams());
  for (const network of [again, once]) network.dispose();
}

describe('a collapsed network that was written and read', () => {
  test.each(methods.map(({ name }) => name))(
    'is taken up again by %s, computes the same, trains and collapses',
    async (name) => {
      const method = methods.find((each) => each.name === name)!;
      const shape = {
        inputShape: [12, 16, 3] as const,
        tasks: [{ name: 'class', form: 'class' as const, outputs: 5 }],
        key,
      };
      const given = resnet.build(shape, parseOptions(resnet.options, { depth: 8, width: 4 })).model;
      const first = expand(given, { method, select: { kernel: [3, 3] }, options: {}, key });
      train(first, 3);
      const folder = path(`again-${name}`);
      const { model: collapsed } = collapse(first);
      await writeNetwork(folder, collapsed, { role: 'collapsed', method: name });
      const { model } = await readNetwork(folder, { expect: 'collapsed' });
      expect(distance(first, model)).toBeLessThan(1e-5);
      takeUpAgain(model, method);
      for (const network of [given, first, collapsed, model]) network.dispose();
    },
  );
});

test.each(['keras/sequential.keras', 'keras/network.keras', 'keras/network.h5', 'networks/resnet18.pth'])(
  'an imported network is taken up again by several methods: %s',
  async (name) => {
    const { model } = await importNetwork(fixture(name), name.endsWith('.pth') ? { size: [40, 33] } : {});
    for (const method of methods.filter((each) => ['repvgg', 'fnl', 'trirep', 'dbb'].includes(each.name)))
      takeUpAgain(model, method);
    model.dispose();
  },
);

/** A config's run. @returns its result */
async function run(name: string, config: object) {
  mkdirSync(path('configs'), { recursive: true });
  writeFileSync(path('configs', `${name}.yaml`), stringify(config));
  expect(await main(['train', path('configs', `${name}.yaml`), '--out', path(name)])).toBe(0);
  return JSON.parse(textOf(path(name), 'result.json'));
}

describe('a run that begins with the collapsed network of another', () => {
  // So small a rate leaves float32 weights as they are: what is measured at the end is what the run began with.
  const still = { lr: 1e-30, weightDecay: 0, epochs: 1 };
  const file = (of: string) => ({ name: 'file', path: `../${of}/collapsed`, heads: 'kept' });

  test('has its scores, whatever the method, and says so', async () => {
    const first = await run('first', { ...tiny, method: 'repvgg' });
    for (const method of ['plain', 'fnl', 'trirep']) {
      const name = `second-${method}`;
      const second = await run(name, {
        ...tiny,
        ...still,
        method: { name: method, start: 'preserve' },
        backbone: file('first'),
      });
      const { figures, loss } = second.collapsed.byTask.class;
      const { class: before } = first.collapsed.byTask;
      expect(figures).toEqual(before.figures);
      expect(loss).toBeCloseTo(before.loss, 5);
      expect(second.deployParameters).toBe(first.deployParameters);
    }
    await run('third', {
      ...tiny,
      method: { name: 'repvgg', start: 'preserve' },
      backbone: file('second-fnl'),
    });
    const { metadata } = await readNetwork(path('third', 'collapsed'));
    expect(metadata).toMatchObject({
      method: 'repvgg',
      ancestors: [
        { file: 'second-fnl/collapsed', role: 'collapsed', method: 'fnl', collapseGap: expect.any(Number) },
        { file: 'first/collapsed', role: 'collapsed', method: 'repvgg', methodOptions: { name: 'repvgg' } },
      ],
    });
    const before = (await readNetwork(path('second-fnl', 'collapsed'))).sha256;
    expect((metadata.ancestors as { weights: string }[])[0]!.weights).toBe(before);
  });

  test('keeps the heads of the tasks that it learns, whatever their order', async () => {
    const first = await run('scenes', tinyScenes);
    const second = await run('scenes-again', {
      ...tinyScenes,
      ...still,
      tasks: ['normals', 'segmentation'],
      method: { name: 'trirep', start: 'preserve' },
      backbone: file('scenes'),
    });
    for (const [task, { loss }] of Object.entries(
      second.collapsed.byTask as Record<string, { loss: number }>,
    ))
      expect([task, loss]).toEqual([task, expect.closeTo(first.collapsed.byTask[task].loss, 5)]);
    expect(Object.keys(second.collapsed.byTask)).toEqual(['normals', 'segmentation']);
  });

  test.each([
    ['another task', { dataset: tinyScenes.dataset }, {}, /has no task "segmentation", only class/],
    [
      'other answers',
      {},
      { path: fixture('keras/sequential.keras') },
      /does not fit images of 32x32x3.*leave heads out/,
    ],
    [
      'a folder of several networks',
      {},
      { path: path('first') },
      /take its collapsed one: .*first.collapsed/i,
    ],
    ['a head in the config too', { heads: 'pooled' }, {}, /chooses the head "pooled"/],
    ['a cut as well', {}, { until: 'stage1_block1_relu2' }, /heads: kept takes all of it/],
  ])('refuses %s', async (_, more, options, words) => {
    const stderr = vi.mocked(process.stderr.write);
    stderr.mockClear();
    writeFileSync(
      path('configs', 'wrong.yaml'),
      stringify({ ...tiny, ...more, backbone: { ...file('first'), ...options } }),
    );
    expect(await main(['train', path('configs', 'wrong.yaml'), '--out', path('wrong')])).toBe(2);
    expect(stderr.mock.calls.map(([text]) => String(text)).join('')).toMatch(words);
  });
});

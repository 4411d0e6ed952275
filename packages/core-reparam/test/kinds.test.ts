import { foldKey, keyFromSeed, normalTensor, useEngine } from '@overparam/engine';
import { definePlugin, type Method } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  branchesWithNorms,
  collapse,
  expand,
  forward,
  gapBetween,
  inputChannels,
  parametersOf,
  plain,
  sitesOf,
  statesOf,
} from '../src';

const key = keyFromSeed(3);

beforeAll(async () => {
  await useEngine('cpu');
});

/** The kernel beside a 1x1 branch, and beside two steps with more channels between, of whatever kind. */
const double: Method<{ readonly start: 'fresh' | 'preserve' }> = {
  apiVersion: 1,
  name: 'double',
  summary: 'Two branches of any kind.',
  options: z.strictObject({ start: z.enum(['fresh', 'preserve']).default('preserve') }),
  kinds: ['conv2d', 'dense', 'conv1d', 'depthwise'],
  supports: ({ kernelShape: [kh, kw] }) => (kh % 2 === 1 && kw % 2 === 1) || 'it has no centre',
  expand(site, given) {
    const [kh, kw, , channels] = site.kernelShape;
    const step = { operation: 'convolution', norm: true } as const;
    const own = { ...step, size: [kh, kw], channels } as const;
    const branches = [
      { name: 'main', steps: [{ ...own, role: 'core', continues: 'kernel' }] },
      { name: 'point', steps: [{ ...step, size: [1, 1], channels, role: 'branch' }] },
      {
        name: 'long',
        steps: [
          { ...step, name: 'first', size: [1, 1], channels: 2 * inputChannels(site), role: 'branch' },
          { ...own, name: 'second', role: 'branch' },
        ],
      },
    ] as const;
    return branchesWithNorms(site, branches, given);
  },
};

definePlugin({ name: 'kinds', apiVersion: 1, methods: [double] });

const norm = () => tf.layers.batchNormalization({ epsilon: 1e-5 });

const networks: Record<string, () => tf.Sequential> = {
  'depthwise, with a norm, strides and a padding layer': () =>
    tf.sequential({
      layers: [
        tf.layers.zeroPadding2d({
          inputShape: [9, 8, 3],
          padding: [
            [1, 2],
            [1, 0],
          ],
        }),
        tf.layers.depthwiseConv2d({
          name: 'a',
          kernelSize: 3,
          strides: 2,
          useBias: false,
          depthMultiplier: 2,
        }),
        norm(),
        tf.layers.reLU(),
        tf.layers.depthwiseConv2d({ name: 'b', kernelSize: [3, 5], padding: 'same', activation: 'relu' }),
        tf.layers.depthwiseConv2d({ name: 'c', kernelSize: 1, padding: 'same' }),
      ],
    }),
  'depthwise, of one channel': () =>
    tf.sequential({
      layers: [
        tf.layers.depthwiseConv2d({ name: 'a', inputShape: [6, 6, 1], kernelSize: 3, depthMultiplier: 3 }),
        norm(),
      ],
    }),
  'of one dimension': () =>
    tf.sequential({
      layers: [
        tf.layers.conv1d({
          name: 'a',
          inputShape: [12, 3],
          filters: 4,
          kernelSize: 5,
          strides: 2,
          padding: 'same',
        }),
        norm(),
        tf.layers.reLU(),
        tf.layers.conv1d({ name: 'b', filters: 4, kernelSize: 3, activation: 'relu', useBias: false }),
        tf.layers.conv1d({ name: 'c', filters: 2, kernelSize: 1 }),
      ],
    }),
};

/** Random weights, variances positive. */
function randomise(model: tf.LayersModel): void {
  for (const { name, variable, statistic } of [
    ...parametersOf(model).map((one) => ({ ...one, statistic: null })),
    ...statesOf(model),
  ])
    tf.tidy(() => {
      const drawn = normalTensor(foldKey(key, name), variable.shape, 0, 0.5);
      variable.assign(statistic === 'variance' ? drawn.abs().add(0.5) : variable.add(drawn));
    });
}

describe.each(Object.entries(networks))('%s', (_, make) => {
  test.each(['fold', 'keep'] as const)(
    'an expansion begins as the layer and collapses to it again, norms: %s',
    (norms) => {
      const model = make();
      const before = tf.memory().numTensors;
      const expanded = expand(model, { method: double, key });
      const x = normalTensor(key, [2, ...(model.inputs[0]!.shape.slice(1) as number[])], 0, 1);
      const run = (one: tf.LayersModel) => one.predict(x) as tf.Tensor;
      const [given, begun] = [run(model), run(expanded)];
      expect(gapBetween(begun, given)).toBeLessThan(1e-5);
      randomise(expanded);
      const moved = run(expanded);
      expect(gapBetween(moved, given)).toBeGreaterThan(0.01);
      const { model: deployed, report } = collapse(expanded, { norms });
      expect(report.ok).toBe(true);
      const after = run(deployed);
      expect(gapBetween(after, moved)).toBeLessThan(1e-4);
      // Stock layers of the classes that the network had, whose config says the kernel that it has.
      const classes = (one: tf.LayersModel) =>
        one.layers
          .filter((layer) => layer.getClassName().includes('Conv'))
          .map((layer) => [layer.getClassName(), layer.name, layer.weights[0]!.shape]);
      expect(classes(deployed)).toEqual(classes(model));
      tf.dispose([x, given, begun, moved, after]);
      expanded.dispose();
      deployed.dispose();
      expect(tf.memory().numTensors).toBe(before);
      model.dispose();
    },
  );

  test('gradients reach every parameter, and saved and loaded it computes the same', async () => {
    const model = make();
    const expanded = expand(model, { method: double, options: { start: 'fresh' }, key });
    const x = normalTensor(key, [2, ...(model.inputs[0]!.shape.slice(1) as number[])], 0, 1);
    const variables = parametersOf(expanded).map(({ variable }) => variable);
    const { grads } = tf.variableGrads(
      () => (forward(expanded, x, { mode: 'train' })[0] as tf.Tensor).square().mean() as tf.Scalar,
      variables,
    );
    expect(Object.values(grads).every((gradient) => gradient.dataSync().every(Number.isFinite))).toBe(true);
    expect(Object.keys(grads)).toHaveLength(variables.length);
    let saved: tf.io.ModelArtifacts | null = null;
    await expanded.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
      }),
    );
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(saved!));
    const [one, two] = [expanded, loaded].map((each) => each.predict(x) as tf.Tensor);
    expect(gapBetween(two!, one!)).toBe(0);
    tf.dispose([x, one!, two!, ...Object.values(grads)]);
    for (const each of [model, expanded, loaded]) each.dispose();
  });
});

test('a site says its groups, and its kernel as each group sees it', () => {
  const model = networks['depthwise, with a norm, strides and a padding layer']!();
  const [a] = sitesOf(model).flatMap(({ site }) => site ?? []);
  expect(a).toMatchObject({ kind: 'depthwise', groups: 3, kernelShape: [3, 3, 1, 6], strides: [2, 2] });
  expect(a!.padding).toEqual([
    [1, 2],
    [1, 0],
  ]);
  model.dispose();
  const rows = networks['of one dimension']!();
  expect(sitesOf(rows).flatMap(({ site }) => site ?? [])[0]).toMatchObject({
    kind: 'conv1d',
    kernelShape: [1, 5, 3, 4],
    strides: [1, 2],
    padding: [
      [0, 0],
      [1, 2],
    ],
    inputSizes: [[1, 12]],
  });
  rows.dispose();
});

test('a method that does not know a kind is not asked about it: left plain, or refused with the layer', () => {
  const model = networks['of one dimension']!();
  expect(() => expand(model, { method: plain, select: 'b', key })).toThrow(
    '[plain] layer "b": a one-dimensional convolution is not supported',
  );
  expect(() => expand(model, { method: plain, key })).toThrow(
    '"a": a one-dimensional convolution is not supported',
  );
  const only = expand(model, { method: double, select: { kind: 'conv1d' }, key });
  expect(parametersOf(only).some(({ name }) => name === 'c/main_kernel')).toBe(true);
  only.dispose();
  model.dispose();
});

test('a depthwise layer with a dilation computes none in TensorFlow.js, and is refused for it', () => {
  const options = { kernelSize: 3, useBias: false, depthwiseInitializer: 'ones' } as const;
  const layer = tf.layers.depthwiseConv2d({ ...options, inputShape: [5, 5, 1], dilationRate: 2, name: 'a' });
  const model = tf.sequential({ layers: [layer] });
  const shape = tf.tidy(() => (model.predict(tf.ones([1, 5, 5, 1])) as tf.Tensor).shape);
  // With its dilation it would be a single pixel.
  expect(shape).toEqual([1, 3, 3, 1]);
  expect(sitesOf(model).find(({ layer: name }) => name === 'a')?.reason).toContain('has a dilationRate');
  model.dispose();
});

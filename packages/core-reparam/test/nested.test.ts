import { compile, keyFromSeed, normalTensor, useEngine } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  collapse,
  costCard,
  decayPenalty,
  dropoutMasks,
  expand,
  expansionsOf,
  forward,
  gapBetween,
  parametersOf,
  plain,
  sitesOf,
  statesOf,
} from '../src';
import { branchy } from './methods';
import { randomise } from './networks';

const key = keyFromSeed(1);
type Symbolic = tf.SymbolicTensor;

beforeAll(async () => {
  await useEngine('cpu');
});

const conv = (name: string, options: object = {}) =>
  tf.layers.conv2d({ name, filters: 3, kernelSize: 3, padding: 'same', ...options });
const norm = (name: string) => tf.layers.batchNormalization({ name, epsilon: 1e-5, momentum: 0.9 });

/** Convolution, norm, dropout, twice, in a model of a model, which a network uses twice. */
function network(): tf.LayersModel {
  const inner = tf.sequential({
    name: 'inner',
    layers: [
      conv('c', { inputShape: [8, 8, 3] }),
      norm('c_norm'),
      tf.layers.dropout({ name: 'drop', rate: 0.3 }),
    ],
  });
  const x = tf.input({ shape: [8, 8, 3], name: 'in' });
  const y = norm('d_norm').apply(conv('d', { useBias: false }).apply(inner.apply(x))) as Symbolic;
  const base = tf.model({ name: 'base', inputs: x, outputs: y });
  const image = tf.input({ shape: [8, 8, 3], name: 'image' });
  const once = base.apply(image) as Symbolic;
  const twice = base.apply(once) as Symbolic;
  const sum = tf.layers.add({ name: 'sum' }).apply([once, twice]);
  const outputs = conv('c', { filters: 2 }).apply(sum) as Symbolic;
  const model = tf.model({ name: 'outer', inputs: image, outputs });
  return randomise(model);
}

describe('models inside a network', () => {
  test('are expanded inside, with their names in front', () => {
    const model = network();
    expect(
      sitesOf(model)
        .filter(({ site }) => site)
        .map(({ layer }) => layer),
    ).toEqual(['base/inner/c', 'base/d', 'c']);
    expect(sitesOf(model).find(({ layer }) => layer === 'base/d')?.site).toMatchObject({
      norm: { layer: 'base/d_norm' },
      bypassed: false,
      inputSizes: [
        [8, 8],
        [8, 8],
      ],
    });
    const wide = expand(model, { method: branchy, select: 'base/*', options: { start: 'preserve' }, key });
    expect(expansionsOf(wide).map(({ layer }) => layer)).toEqual(['base/inner/c', 'base/d']);
    const base = wide.getLayer('base') as tf.LayersModel;
    expect(base.layers.map(({ name }) => name)).toEqual(['in', 'inner', 'd']);
    expect(base.getLayer('inner').getClassName()).toBe('Sequential');
    const names = [...parametersOf(wide), ...statesOf(wide)].map(({ name }) => name);
    expect(names).toContain('base/inner/c/main_kernel');
    expect(names).toContain('c/kernel');
    expect(new Set(names).size).toBe(wide.weights.length);
  });

  test('are bypassed with all that is in them', () => {
    const x = tf.input({ shape: [8, 8, 3] });
    const base = tf.sequential({ name: 'base', layers: [conv('c', { inputShape: [8, 8, 3] })] });
    const sum = tf.layers.add().apply([x, base.apply(x) as Symbolic]) as Symbolic;
    const model = tf.model({ inputs: x, outputs: conv('d').apply(sum) as Symbolic });
    const sites = sitesOf(model).flatMap(({ site }) => site ?? []);
    expect(sites.map(({ name, bypassed }) => [name, bypassed])).toEqual([
      ['base/c', true],
      ['d', false],
    ]);
  });

  test.each(['fold', 'keep'] as const)('train and collapse, norms %s, and leave nothing behind', (norms) => {
    const model = network();
    const before = tf.memory().numTensors;
    const wide = expand(model, { method: branchy, key });
    const x = normalTensor(key, [2, 8, 8, 3], 0, 1);
    const masks = dropoutMasks(wide, 2, key);
    expect(Object.keys(masks)).toEqual(['base/inner/drop', 'base/inner/drop#2']);
    const parameters = parametersOf(wide);
    const step = compile((inputs) => {
      const { x: images, ...rest } = inputs;
      const composed = new Map<string, tf.Tensor4D>();
      const { grads } = tf.variableGrads(
        () => {
          const [y] = forward(wide, images!, { mode: 'train', masks: rest, composed });
          return tf.add(tf.mean(tf.square(y!)), tf.mul(decayPenalty(wide, composed), 1e-3)).asScalar();
        },
        parameters.map(({ variable }) => variable),
      );
      expect(Object.keys(grads)).toHaveLength(parameters.length);
      for (const { variable } of parameters)
        variable.assign(tf.sub(variable, tf.mul(grads[variable.name]!, 0.1)) as tf.Variable);
      return {};
    });
    for (let count = 0; count < 3; count++) step({ x, ...masks });
    const { model: deployed, report } = collapse(wide, { norms });
    expect(report.gap).toBeLessThan(1e-5);
    expect(report.layers.map(({ layer }) => layer)).toEqual(['base/inner/c', 'base/d', 'c']);
    const [wanted] = forward(wide, x, { mode: 'infer' });
    const found = deployed.predict(x) as tf.Tensor;
    expect(gapBetween(found, wanted!)).toBeLessThan(1e-5);
    const base = deployed.getLayer('base') as tf.LayersModel;
    expect(base.layers.map(({ name }) => name)).toEqual(
      norms === 'fold' ? ['in', 'inner', 'd'] : ['in', 'inner', 'd', 'd_norm'],
    );
    tf.dispose([x, masks, wanted!, found]);
    for (const one of [wide, deployed]) one.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('are saved and read', async () => {
    const wide = expand(network(), { method: plain, key });
    const x = normalTensor(key, [2, 8, 8, 3], 0, 1);
    const json = JSON.parse(JSON.stringify(wide.toJSON(null, false)));
    const read = await tf.models.modelFromJSON(json);
    const values = new Map(
      [...parametersOf(wide), ...statesOf(wide)].map(({ name, variable }) => [name, variable]),
    );
    for (const { name, variable } of [...parametersOf(read), ...statesOf(read)])
      variable.assign(values.get(name)!);
    const [first, second] = [wide, read].map((one) => forward(one, x, { mode: 'infer' })[0]!) as [
      tf.Tensor,
      tf.Tensor,
    ];
    expect(gapBetween(second, first)).toBe(0);
    expect(collapse(read).report.gap).toBeLessThan(1e-6);
  });

  test('are counted', async () => {
    const card = await costCard(expand(network(), { method: plain, key }));
    // Of base/inner/c and base/d, used twice, 9 * 3 * 3 each, and of c, 9 * 3 * 2, at 64 pixels.
    expect(card.deployed.multiplyAdds).toBe(64 * (4 * 81 + 54));
  });
});

test('a layer that belongs to two models of a network stays one layer, and is no site', () => {
  const shared = conv('shared');
  const inner = tf.input({ shape: [8, 8, 3] });
  const base = tf.model({ name: 'base', inputs: inner, outputs: shared.apply(inner) as Symbolic });
  const x = tf.input({ shape: [8, 8, 3] });
  const y = conv('own').apply(shared.apply(base.apply(x))) as Symbolic;
  const model = randomise(tf.model({ inputs: x, outputs: y }));
  const before = tf.memory().numTensors;
  expect(sitesOf(model).find(({ layer }) => layer.endsWith('shared'))?.reason).toContain('several models');
  const wide = expand(model, { method: plain, key });
  expect(wide.getLayer('shared')).toBe((wide.getLayer('base') as tf.LayersModel).getLayer('shared'));
  expect(parametersOf(wide)).toHaveLength(4);
  const { model: deployed } = collapse(wide);
  expect(deployed.getLayer('shared')).toBe((deployed.getLayer('base') as tf.LayersModel).getLayer('shared'));
  for (const one of [wide, deployed]) one.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('a layer inside of a wrapper is named as one that is not expanded', () => {
  const x = tf.input({ shape: [4, 8, 8, 3] });
  const y = tf.layers.timeDistributed({ name: 'each', layer: conv('c') }).apply(x) as Symbolic;
  const model = tf.model({ inputs: x, outputs: y });
  expect(sitesOf(model).find(({ layer }) => layer === 'each')?.reason).toContain(
    'holds the layer "c" itself',
  );
  const words = tf.sequential({ layers: [tf.layers.lstm({ name: 'lstm', units: 2, inputShape: [4, 3] })] });
  expect(sitesOf(words)[1]?.reason).toContain('holds the layer');
});

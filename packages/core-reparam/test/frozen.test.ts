import { keyFromSeed, normalTensor, useEngine } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { collapse, expand, expansionsOf, forward, ownPenalty, parametersOf, plain, sitesOf } from '../src';
import { branchy } from './methods';
import { randomise, refusalOf } from './networks';

const key = keyFromSeed(1);
type Symbolic = tf.SymbolicTensor;

beforeAll(async () => {
  await useEngine('cpu');
});

const conv = (name: string, options: object = {}) =>
  tf.layers.conv2d({ name, filters: 3, kernelSize: 3, padding: 'same', ...options });
const norm = (name: string, options: object = {}) =>
  tf.layers.batchNormalization({ name, epsilon: 1e-5, ...options });

/** Every parameter moves, as far as it may, and norms see a batch. */
function train(model: tf.LayersModel): void {
  tf.tidy(() => {
    forward(model, normalTensor(key, [2, 8, 8, 3], 0, 1), { mode: 'train' });
    for (const { variable } of parametersOf(model))
      variable.assign(tf.add(variable, normalTensor(key, variable.shape, 0, 0.1)) as tf.Variable);
  });
}

const weightsOf = (layer: tf.layers.Layer) => layer.getWeights().map((weight) => [...weight.dataSync()]);

describe('what is frozen', () => {
  /** A model inside, frozen or not, and a convolution behind it. */
  function network(freeze: (base: tf.LayersModel) => void): tf.LayersModel {
    const base = tf.sequential({
      name: 'base',
      layers: [conv('a', { inputShape: [8, 8, 3] }), norm('a_norm'), tf.layers.reLU({ name: 'a_relu' })],
    });
    const x = tf.input({ shape: [8, 8, 3] });
    const model = tf.model({ inputs: x, outputs: conv('b').apply(base.apply(x)) as Symbolic });
    randomise(model);
    freeze(base);
    return model;
  }
  const inside = (model: tf.LayersModel, name: string) =>
    (model.getLayer('base') as tf.LayersModel).getLayer(name);

  const rest = (layer: tf.layers.Layer) => {
    layer.trainable = false;
  };
  test.each<[string, (base: tf.LayersModel) => void]>([
    ['a model', rest],
    ['layers of a model', (base) => base.layers.forEach(rest)],
  ])('as %s stays frozen in training and when collapsed', (_, freeze) => {
    const model = network(freeze);
    const before = ['a', 'a_norm'].map((name) => weightsOf(inside(model, name)));
    const wide = expand(model, { method: plain, key });
    expect(expansionsOf(wide).map(({ layer }) => layer)).toEqual(['b']);
    expect(parametersOf(wide).map(({ layer }) => layer)).toEqual(['b', 'b']);
    expect(wide.trainableWeights.map(({ originalName }) => originalName)).toEqual(['b/kernel', 'b/bias']);
    train(wide);
    const { model: deployed } = collapse(wide, { norms: 'keep' });
    expect(weightsOf(inside(deployed, 'a'))).toEqual(before[0]);
    // Running statistics follow their batches in tfjs's own norm too, frozen or not.
    expect(weightsOf(inside(deployed, 'a_norm')).slice(0, 2)).toEqual(before[1]!.slice(0, 2));
    expect(deployed.trainableWeights.map(({ originalName }) => originalName)).toEqual(['b/kernel', 'b/bias']);
    // It can be thawed as the given one can.
    const base = deployed.getLayer('base') as tf.LayersModel;
    for (const part of [base, ...base.layers]) part.trainable = true;
    expect(deployed.trainableWeights).toHaveLength(model.weights.length - 2);
  });

  test('in a model that a Sequential begins with rests under model.fit too', async () => {
    const base = randomise(tf.sequential({ name: 'base', layers: [conv('a', { inputShape: [8, 8, 3] })] }));
    base.trainable = false;
    const model = tf.sequential({ layers: [base, conv('b')] });
    const before = weightsOf(base.layers[0]!);
    const wide = expand(model, { method: plain, key });
    wide.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
    await wide.fit(tf.ones([2, 8, 8, 3]), tf.zeros([2, 8, 8, 3]), { epochs: 1, verbose: 0 });
    const { model: deployed } = collapse(wide);
    expect(weightsOf((deployed.layers[0] as tf.LayersModel).layers[0]!)).toEqual(before);
    expect(parametersOf(wide).map(({ name }) => name)).toEqual(['b/kernel', 'b/bias']);
  });

  test('is no site, and says so; nor is a norm that rests behind a layer that trains', () => {
    const x = tf.input({ shape: [8, 8, 3] });
    const first = norm('frozen_norm', { trainable: false }).apply(conv('free').apply(x));
    const last = norm('free_norm').apply(conv('frozen', { trainable: false }).apply(first)) as Symbolic;
    const model = randomise(tf.model({ inputs: x, outputs: last }));
    const sites = new Map(sitesOf(model).map((report) => [report.layer, report]));
    expect(sites.get('frozen')?.reason).toContain('is frozen (trainable: false)');
    expect(sites.get('free')?.site).toMatchObject({ norm: null });
    expect(refusalOf(() => expand(model, { method: branchy, select: 'frozen', key })).message).toContain(
      'Layer "frozen" is frozen',
    );
    // The norm behind the frozen convolution trains on: no method has taken it over.
    const wide = expand(model, { method: branchy, options: { start: 'preserve' }, key });
    const names = parametersOf(wide).map(({ name }) => name);
    expect(names).toContain('free_norm/gamma');
    expect(names.filter((name) => name.startsWith('frozen'))).toEqual([]);
    train(wide);
    const { model: deployed } = collapse(wide, { norms: 'keep' });
    for (const name of ['frozen', 'frozen_norm'])
      expect(weightsOf(deployed.getLayer(name)).slice(0, 2)).toEqual(
        weightsOf(model.getLayer(name)).slice(0, 2),
      );
    expect(deployed.getLayer('frozen_norm').trainable).toBe(false);
  });

  test('of a single weight is kept, and its layer is no site', () => {
    const x = tf.input({ shape: [8, 8, 3] });
    const model = tf.model({ inputs: x, outputs: conv('b').apply(conv('a').apply(x)) as Symbolic });
    model.getLayer('a').weights[0]!.trainable = false;
    expect(sitesOf(model).find(({ layer }) => layer === 'a')?.reason).toContain('frozen in part');
    const wide = expand(model, { method: plain, key });
    expect(wide.getLayer('a').trainableWeights.map(({ originalName }) => originalName)).toEqual(['a/bias']);
    const { model: deployed } = collapse(wide);
    expect(deployed.getLayer('a').trainableWeights.map(({ originalName }) => originalName)).toEqual([
      'a/bias',
    ]);
  });

  test('of a bidirectional layer, whose config forgets it, is kept', () => {
    const x = tf.input({ shape: [5, 4] });
    const layer = tf.layers.lstm({ units: 3 }) as tf.RNN;
    const both = tf.layers.bidirectional({ name: 'both', layer, mergeMode: 'concat' });
    const model = tf.model({
      inputs: x,
      outputs: tf.layers.dense({ name: 'd', units: 2 }).apply(both.apply(x)) as Symbolic,
    });
    both.trainable = false;
    const wide = expand(model, { method: plain, key });
    expect(parametersOf(wide).map(({ layer: name }) => name)).toEqual(['d', 'd']);
    expect(wide.getLayer('both').trainableWeights).toEqual([]);
  });

  test('as a whole network leaves nothing to expand, with the reason', () => {
    const model = tf.sequential({ layers: [conv('a', { inputShape: [8, 8, 3] })] });
    model.trainable = false;
    const { code, message } = refusalOf(() => expand(model, { method: plain, key }));
    expect(code).toBe('nothing-selected');
    expect(message).toContain('"a": is frozen');
  });
});

describe('constraints and regularisers', () => {
  const ruled = {
    gammaRegularizer: tf.regularizers.l2({ l2: 0.1 }),
    betaConstraint: 'nonNeg',
  } as const;

  test('of a norm survive, and count in training', () => {
    const x = tf.input({ shape: [8, 8, 3] });
    const y = norm('ruled', ruled).apply(conv('a').apply(x)) as Symbolic;
    const model = tf.model({ inputs: x, outputs: y });
    const wide = expand(model, { method: branchy, key });
    // Half of the squares are not taken: tfjs's l2 is 0.1 times their sum.
    const gamma = wide.getLayer('ruled').weights[0]!.read() as tf.Variable;
    gamma.assign(tf.tensor1d([1, 2, 3]) as tf.Variable);
    expect(tf.tidy(() => ownPenalty(wide)!.dataSync()[0])).toBeCloseTo(1.4, 5);
    const config = collapse(wide, { norms: 'keep' }).model.getLayer('ruled').getConfig();
    for (const rule of Object.keys(ruled))
      expect(config[rule]).toEqual(model.getLayer('ruled').getConfig()[rule]);
  });

  test('of other layers survive, values that break a constraint included', () => {
    const x = tf.input({ shape: [8, 8, 3] });
    const a = tf.layers.depthwiseConv2d({
      name: 'a',
      kernelSize: 3,
      depthwiseConstraint: 'nonNeg',
      depthwiseRegularizer: 'l1l2',
    });
    const b = conv('b', { kernelConstraint: tf.constraints.maxNorm({ maxValue: 0.1, axis: 0 }) });
    const model = tf.model({ inputs: x, outputs: conv('c').apply(b.apply(a.apply(x))) as Symbolic });
    // As an optimiser of tfjs does, past the constraints: no update applies them.
    for (const layer of [a, b])
      (layer.weights[0]!.read() as tf.Variable).assign(
        normalTensor(key, layer.weights[0]!.shape as number[], 0, 1) as tf.Variable,
      );
    const wide = expand(model, { method: plain, options: { start: 'preserve' }, key });
    const { model: deployed, report } = collapse(wide);
    expect(report.gap).toBeLessThan(1e-6);
    for (const layer of [a, b]) expect(weightsOf(deployed.getLayer(layer.name))).toEqual(weightsOf(layer));
    const constraint = (network: tf.LayersModel, name: string) =>
      (network.getLayer(name) as unknown as Record<string, { getClassName(): string } | null>)[
        name === 'a' ? 'depthwiseConstraint' : 'kernelConstraint'
      ]?.getClassName();
    expect([constraint(wide, 'a'), constraint(deployed, 'a')]).toEqual(['NonNeg', 'NonNeg']);
    expect(constraint(deployed, 'b')).toBe('MaxNorm');
    expect(tf.tidy(() => ownPenalty(wide)!.dataSync()[0])).toBeGreaterThan(0);
  });

  test('of a layer before a norm keep the norm out of it', () => {
    const x = tf.input({ shape: [8, 8, 3] });
    const a = conv('a', { kernelConstraint: 'nonNeg' });
    const model = randomise(
      tf.model({ inputs: x, outputs: conv('b').apply(norm('a_norm').apply(a.apply(x))) as Symbolic }),
    );
    const { model: deployed, report } = collapse(expand(model, { method: plain, key }));
    expect(report.gap).toBeLessThan(1e-6);
    expect(deployed.layers.map(({ name }) => name)).toContain('a_norm');
  });
});

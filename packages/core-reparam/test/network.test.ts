import { keyFromSeed, normalTensor, useEngine } from '@overparam/engine';
import { isOverparamError } from '@overparam/errors';
import { registerPlugin } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  collapse,
  costCard,
  decayPenalty,
  expand,
  expansionsOf,
  forward,
  gapBetween,
  parametersOf,
  plain,
  sitesOf,
  statesOf,
  verify,
} from '../src';
import { branchy, broken } from './methods';
import { images, randomise, residualNetwork, snapshot } from './networks';

const key = keyFromSeed(1);

beforeAll(async () => {
  await useEngine('cpu');
  registerPlugin({ name: 'core', apiVersion: 1, methods: [plain] });
  registerPlugin({ name: 'test methods', apiVersion: 1, methods: [branchy, broken] });
});

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (isOverparamError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'no error';
}

function outputsOf(model: tf.LayersModel, x: tf.Tensor): Float32Array[] {
  const outputs = forward(model, x, { mode: 'infer' });
  const values = outputs.map((output) => output.dataSync() as Float32Array);
  tf.dispose(outputs);
  return values;
}

describe('sites', () => {
  test('absorb zero padding, resolve same, and see norm, activation and shortcut', () => {
    const model = residualNetwork();
    const sites = new Map(sitesOf(model).map((report) => [report.layer, report.site]));
    expect(sites.get('b')).toMatchObject({
      padding: [
        [1, 1],
        [1, 1],
      ],
      strides: [2, 2],
      inputSizes: [[10, 10]],
    });
    expect(sites.get('b')?.norm?.layer).toBe('b_norm');
    expect(sites.get('a2')).toMatchObject({
      dilation: [2, 2],
      padding: [
        [2, 2],
        [2, 2],
      ],
      bias: true,
      bypassed: true,
    });
    expect(sites.get('side')).toMatchObject({
      padding: [
        [0, 0],
        [0, 0],
      ],
      activation: 'tanh',
      norm: null,
    });
    expect(sites.get('stem')?.bypassed).toBe(false);
    expect(sites.get('classes')).toMatchObject({ kind: 'dense', kernelShape: [1, 1, 6, 5] });
    model.dispose();
  });

  test('say why a layer cannot be one', () => {
    const x = tf.input({ shape: [8, 8, 2] });
    const up = tf.layers
      .conv2dTranspose({ name: 'up', filters: 2, kernelSize: 3 })
      .apply(x) as tf.SymbolicTensor;
    const y = tf.layers
      .conv2d({ name: 'l2', filters: 2, kernelSize: 3, kernelRegularizer: 'l1l2' })
      .apply(up);
    const model = tf.model({ inputs: x, outputs: y as tf.SymbolicTensor });
    const reasons = new Map(sitesOf(model).map((report) => [report.layer, report.reason]));
    expect(reasons.get('up')).toContain('transposed');
    expect(reasons.get('l2')).toContain('kernelRegularizer');
    expect(codeOf(() => expand(model, { method: plain, select: 'up', key }))).toContain(
      'unsupported-site: Layer "up"',
    );
    model.dispose();
  });

  test('of a shared layer are refused where its uses differ', () => {
    const x = tf.input({ shape: [8, 8, 2] });
    const shared = tf.layers.conv2d({
      name: 'shared',
      filters: 2,
      kernelSize: 3,
      strides: 2,
      padding: 'same',
    });
    const once = shared.apply(x) as tf.SymbolicTensor;
    const odd = tf.layers
      .zeroPadding2d({
        padding: [
          [0, 1],
          [0, 1],
        ],
      })
      .apply(once) as tf.SymbolicTensor;
    const twice = shared.apply(odd) as tf.SymbolicTensor;
    const model = tf.model({ inputs: x, outputs: [once, twice] });
    expect(sitesOf(model).find((report) => report.layer === 'shared')?.reason).toContain(
      'different padding at its uses',
    );
    model.dispose();
  });
});

describe('expand', () => {
  test('leaves the given network as it was and keeps names', () => {
    const model = randomise(residualNetwork());
    const before = snapshot(model);
    const told: string[] = [];
    const expanded = expand(model, {
      method: branchy,
      select: { kernel: [3, 3] },
      key,
      onLayer: (done, total, layer) => told.push(`${done}/${total} ${layer}`),
    });
    expect(told).toEqual(['1/4 stem', '2/4 a1', '3/4 a2', '4/4 b']);
    expect(snapshot(model)).toEqual(before);
    expect(expansionsOf(expanded).map(({ layer }) => layer)).toEqual(['stem', 'a1', 'a2', 'b']);
    const names = expanded.layers.map((layer) => layer.name);
    expect(names).not.toContain('b_pad');
    expect(names).not.toContain('stem_norm');
    model.dispose();
    expanded.dispose();
  });

  test('of plain computes bit for bit the same in inference and in training', () => {
    const model = randomise(residualNetwork());
    const first = expand(model, { method: plain, key });
    const second = expand(model, { method: plain, key: keyFromSeed(2) });
    const x = images();
    expect(outputsOf(first, x)).toEqual(outputsOf(second, x));
    const stock = model.predict(x) as tf.Tensor[];
    const ours = forward(first, x, { mode: 'infer' });
    for (const [index, output] of ours.entries())
      expect(gapBetween(output, stock[index]!)).toBeLessThan(2e-6);
    tf.dispose([x, stock, ours]);
    for (const network of [model, first, second]) network.dispose();
  });

  test('mixes methods, the first selection that takes a layer wins', () => {
    const model = randomise(residualNetwork());
    const expanded = expand(model, {
      selections: [
        { method: branchy, select: { any: ['a*', 'stem'] } },
        { method: plain, select: { not: 'side' } },
      ],
      key,
    });
    const methods = Object.fromEntries(expansionsOf(expanded).map(({ layer, method }) => [layer, method]));
    expect(methods).toEqual({
      stem: 'branchy',
      a1: 'branchy',
      a2: 'branchy',
      b: 'plain',
      classes: 'plain',
      extra: 'plain',
    });
    expect(collapse(expanded).report.ok).toBe(true);
    for (const network of [model, expanded]) network.dispose();
  });

  test('names the nearest layer, and refuses to expand nothing', () => {
    const model = residualNetwork();
    expect(codeOf(() => expand(model, { method: plain, select: 'stemm', key }))).toContain(
      'did you mean "stem"?',
    );
    expect(codeOf(() => expand(model, { method: branchy, select: 'classes', key }))).toContain(
      'unsupported-site: [branchy]',
    );
    expect(codeOf(() => expand(model, { method: plain, select: 'zzz*', key }))).toContain('nothing-selected');
    expect(codeOf(() => expand(model, { method: branchy, options: { widht: 2 }, key }))).toContain(
      'did you mean "width"?',
    );
    model.dispose();
  });

  test('handles shared layers once, with all their uses', () => {
    const x = tf.input({ shape: [8, 8, 2], name: 'x' });
    const shared = tf.layers.conv2d({
      name: 'shared',
      filters: 2,
      kernelSize: 3,
      padding: 'same',
      useBias: false,
    });
    const norm = tf.layers.batchNormalization({ name: 'shared_norm', epsilon: 1e-5 });
    const once = norm.apply(shared.apply(x)) as tf.SymbolicTensor;
    const twice = norm.apply(shared.apply(once)) as tf.SymbolicTensor;
    const model = randomise(tf.model({ inputs: x, outputs: [once, twice] }));
    const expanded = expand(model, { method: branchy, options: { start: 'preserve' }, key });
    const { model: deployed, report } = collapse(expanded);
    expect(report.ok).toBe(true);
    expect(deployed.layers.map((layer) => layer.name)).toEqual(['x', 'shared']);
    const probe = tf.ones([1, 8, 8, 2]);
    const wanted = model.predict(probe) as tf.Tensor[];
    const found = deployed.predict(probe) as tf.Tensor[];
    for (const [index, output] of found.entries())
      expect(gapBetween(output, wanted[index]!)).toBeLessThan(1e-5);
    tf.dispose([probe, wanted, found]);
    for (const network of [model, expanded, deployed]) network.dispose();
  });
});

describe('collapse', () => {
  test.each(['fold', 'keep'] as const)('with norms %s gives stock layers that compute the same', (norms) => {
    const before = tf.memory().numTensors;
    const model = randomise(residualNetwork());
    const expanded = expand(model, { method: branchy, select: { kernel: [3, 3] }, key });
    const x = images();
    tf.dispose(forward(expanded, x, { mode: 'train' }));
    const { model: deployed, report } = collapse(expanded, { norms });
    expect(report.gap).toBeLessThan(1e-5);
    expect(deployed.layers.every((layer) => !layer.getClassName().startsWith('Overparam'))).toBe(true);
    const found = outputsOf(deployed, x);
    for (const [index, values] of outputsOf(expanded, x).entries()) {
      for (const [i, value] of values.entries()) expect(found[index]![i]).toBeCloseTo(value, 4);
    }
    if (norms === 'keep') {
      expect(deployed.layers.map((layer) => layer.name).sort()).toEqual(
        model.layers.map((layer) => layer.name).sort(),
      );
    }
    x.dispose();
    for (const network of [model, expanded, deployed]) network.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('folded, is layer for layer the same whatever the method was', () => {
    const model = randomise(residualNetwork());
    const shapes = [plain, branchy].map((method) => {
      const expanded = expand(model, { method, select: { kernel: [3, 3] }, key });
      const deployed = collapse(expanded).model;
      const list = deployed.weights.map((weight) => `${weight.originalName} ${weight.shape}`);
      expanded.dispose();
      deployed.dispose();
      return list;
    });
    expect(shapes[1]).toEqual(shapes[0]);
    model.dispose();
  });

  test('of a kept network can be expanded again and preserves it', () => {
    const model = randomise(residualNetwork());
    const expanded = expand(model, { method: branchy, select: { kernel: [3, 3] }, key });
    const kept = collapse(expanded, { norms: 'keep' }).model;
    const again = expand(kept, {
      method: branchy,
      select: { kernel: [3, 3] },
      options: { start: 'preserve' },
      key,
    });
    const x = images();
    const wanted = outputsOf(expanded, x);
    for (const [index, values] of outputsOf(again, x).entries()) {
      for (const [i, value] of values.entries()) expect(value).toBeCloseTo(wanted[index]![i]!, 4);
    }
    x.dispose();
    for (const network of [model, expanded, kept, again]) network.dispose();
  });

  test('keeps a sequential network sequential', () => {
    const model = tf.sequential({
      name: 'chain',
      layers: [
        tf.layers.zeroPadding2d({
          name: 'pad',
          inputShape: [7, 7, 2],
          padding: [
            [0, 2],
            [1, 0],
          ],
        }),
        tf.layers.conv2d({ name: 'conv', filters: 3, kernelSize: 3, strides: 2 }),
        tf.layers.flatten({ name: 'flat' }),
        tf.layers.dense({ name: 'head', units: 2, activation: 'sigmoid' }),
      ],
    });
    const expanded = expand(model, { method: branchy, select: 'conv', key });
    const { model: deployed } = collapse(expanded);
    expect(deployed.getClassName()).toBe('Sequential');
    expect(deployed.layers.map((layer) => layer.name)).toEqual(['pad', 'conv', 'flat', 'head']);
    for (const network of [model, expanded, deployed]) network.dispose();
  });

  test('refuses a method whose algebra is wrong, and names layer and cause', () => {
    const model = randomise(residualNetwork());
    const causes: Record<string, string> = {
      bias: 'constant',
      scale: 'factor',
      kernel: 'composed kernel',
      border: 'borders',
    };
    for (const [mistake, cause] of Object.entries(causes)) {
      const expanded = expand(model, {
        method: broken,
        options: { mistake },
        select: 'a1',
        key,
        allowMismatch: true,
      });
      const message = codeOf(() => collapse(expanded));
      expect(message).toContain('collapse-mismatch');
      expect(message).toContain('"a1" (broken');
      expect(message).toContain(cause);
      const forced = collapse(expanded, { allowMismatch: true });
      expect(forced.report).toMatchObject({ ok: false, worst: { layer: 'a1' } });
      forced.model.dispose();
      expanded.dispose();
    }
    model.dispose();
  });

  test('verify allows more where the network itself makes rounding large, and no more than rounding explains', () => {
    /** Two convolutions that all but cancel: what is left of them is `share` of either, and rounding as large as before. */
    const cancelling = (share: number) => {
      const x = tf.input({ shape: [9, 9, 4], name: 'image' });
      const sides = ['plus', 'minus'].map((name) =>
        tf.layers.conv2d({ name, filters: 4, kernelSize: 3, padding: 'same', useBias: false }).apply(x),
      );
      const model = tf.model({
        inputs: x,
        outputs: tf.layers.add().apply(sides as tf.SymbolicTensor[]) as tf.SymbolicTensor,
      });
      tf.tidy(() => {
        const kernel = normalTensor(key, [3, 3, 4, 4], 0, 1);
        model.getLayer('plus').setWeights([kernel]);
        model.getLayer('minus').setWeights([kernel.mul(share - 1)]);
      });
      const expanded = expand(model, { method: branchy, options: { start: 'preserve' }, key });
      // A factor that is not 1, the same on both sides, so that folding it rounds.
      for (const { name, variable } of [...parametersOf(expanded), ...statesOf(expanded)]) {
        const value = name.endsWith('main_gamma') ? 1.3 : name.endsWith('main_variance') ? 0.7 : null;
        if (value !== null) variable.assign(tf.fill(variable.shape, value) as typeof variable);
      }
      model.dispose();
      return expanded;
    };
    // The usual case: what was asked for is what is allowed.
    const usual = cancelling(0.5);
    const { model: deployed, report: fine } = collapse(usual);
    expect(fine).toMatchObject({ ok: true, tolerance: 1e-4 });
    const [kernel, bias] = deployed.getLayer('plus').getWeights();
    deployed.getLayer('plus').setWeights([kernel!.mul(1 + 3e-4), bias!]);
    expect(verify(usual, deployed)).toMatchObject({ ok: false, tolerance: 1e-4 });

    const amplifying = cancelling(1e-3);
    const before = snapshot(amplifying);
    const { model: close, report } = collapse(amplifying);
    expect(report.layers.every(({ gap }) => gap < 1e-6)).toBe(true);
    expect(report.gap).toBeGreaterThan(1e-4);
    expect(report.ok).toBe(true);
    expect(report.tolerance).toBeGreaterThan(report.gap);
    expect(report.tolerance).toBeLessThanOrEqual(1e-3);
    // A tolerance that is asked for is kept.
    expect(verify(amplifying, close, { tolerance: 1e-4 })).toMatchObject({ ok: false, tolerance: 1e-4 });
    expect(snapshot(amplifying)).toEqual(before);
    // Another kernel by a millionth is more than rounding there, and never allowed beyond ten times the tolerance.
    const [other, shift] = close.getLayer('plus').getWeights();
    close.getLayer('plus').setWeights([other!.mul(1 + 2e-6), shift!]);
    expect(verify(amplifying, close).ok).toBe(false);
    for (const network of [usual, deployed, amplifying, close]) network.dispose();
  });

  test('verify sees a collapsed network that is not this one, and changes neither', () => {
    const model = randomise(residualNetwork());
    const expanded = expand(model, { method: branchy, select: { kernel: [3, 3] }, key });
    const { model: deployed } = collapse(expanded);
    const before = snapshot(expanded);
    const kernel = deployed.getLayer('b').getWeights();
    deployed.getLayer('b').setWeights([kernel[0]!.mul(1.01), kernel[1]!]);
    const report = verify(expanded, deployed);
    expect(report.ok).toBe(false);
    expect(report.layers.every((layer) => layer.gap < 1e-5)).toBe(true);
    expect(snapshot(expanded)).toEqual(before);
    for (const network of [model, expanded, deployed]) network.dispose();
  });
});

describe('parameters', () => {
  test('and states are all weights, each once, with roles', () => {
    const model = randomise(residualNetwork());
    const expanded = expand(model, { method: branchy, select: { kernel: [3, 3] }, key });
    const names = [...parametersOf(expanded), ...statesOf(expanded)].map(({ name }) => name);
    expect(new Set(names).size).toBe(expanded.weights.length);
    expect(names).toContain('stem/main_kernel');
    expect(parametersOf(expanded).find(({ name }) => name === 'classes/kernel')).toMatchObject({
      role: 'plain',
      covered: false,
    });
    expect(statesOf(expanded).find(({ name }) => name === 'stem/main_variance')?.statistic).toBe('variance');
    for (const network of [model, expanded]) network.dispose();
  });

  test('the penalty under model.fit counts a shared layer once', async () => {
    const x = tf.input({ shape: [6, 6, 2] });
    const shared = tf.layers.conv2d({ name: 'shared', filters: 2, kernelSize: 3, padding: 'same' });
    const model = tf.model({ inputs: x, outputs: shared.apply(shared.apply(x)) as tf.SymbolicTensor });
    const expanded = expand(model, { method: branchy, key, decay: 0.5 });
    const penalty = tf.tidy(() => decayPenalty(expanded).dataSync()[0]!);
    const losses = expanded.calculateLosses();
    const total = losses.reduce((sum, loss) => sum + loss.dataSync()[0]!, 0);
    expect(penalty).toBeGreaterThan(0);
    expect(total).toBeCloseTo(0.5 * penalty, 4);
    tf.dispose(losses);
    for (const network of [model, expanded]) network.dispose();
  });

  test('are trained by model.fit, which collapses exactly afterwards', async () => {
    const model = randomise(residualNetwork());
    const expanded = expand(model, { method: branchy, select: { kernel: [3, 3] }, key, decay: 1e-3 });
    const x = images(8);
    const y = [tf.ones([8, 5]), tf.zeros([8, 2])];
    expanded.compile({ optimizer: tf.train.sgd(0.01), loss: 'meanSquaredError' });
    const before = snapshot(expanded);
    await expanded.fit(x, y, { epochs: 2, batchSize: 4, verbose: 0 });
    expect(snapshot(expanded)).not.toEqual(before);
    const { model: deployed, report } = collapse(expanded);
    expect(report.ok).toBe(true);
    tf.dispose([x, y]);
    for (const network of [model, expanded, deployed]) network.dispose();
  });
});

test('an expanded network survives its own JSON', async () => {
  const model = randomise(residualNetwork());
  const expanded = expand(model, { method: branchy, select: { kernel: [3, 3] }, key });
  const json = JSON.parse(JSON.stringify(expanded.toJSON(null, false)));
  const loaded = (await tf.models.modelFromJSON(json)) as tf.LayersModel;
  loaded.setWeights(expanded.getWeights());
  const x = images();
  expect(outputsOf(loaded, x)).toEqual(outputsOf(expanded, x));
  x.dispose();
  for (const network of [model, expanded, loaded]) network.dispose();
});

test('the cost card counts by hand', async () => {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({
        name: 'c',
        inputShape: [8, 8, 3],
        filters: 5,
        kernelSize: 3,
        padding: 'same',
        useBias: false,
      }),
    ],
  });
  const expanded = expand(model, { method: branchy, options: { width: 7 }, key });
  const before = tf.memory().numTensors;
  const card = await costCard(expanded);
  expect(card.deployed).toEqual({
    parameters: 9 * 3 * 5 + 5,
    multiplyAdds: 64 * 9 * 3 * 5,
    multiplyAddsPerPass: 0,
  });
  // main 3x3, pointwise 1x1 to 7 channels and 3x3 from there; two numbers a norm and channel.
  const kernels = 9 * 3 * 5 + 3 * 7 + 9 * 7 * 5;
  expect(card.expanded).toEqual({
    parameters: kernels + 2 * (5 + 7 + 5),
    multiplyAdds: 64 * kernels,
    multiplyAddsPerPass: 0,
  });
  expect(tf.memory().numTensors).toBe(before);
  for (const network of [model, expanded]) network.dispose();
});

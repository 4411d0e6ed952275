import {
  type CostCard,
  collapse,
  costCard,
  decayPenalty,
  expand,
  expansionsOf,
  forward,
  gapBetween,
  parametersOf,
  plain,
  type Selector,
} from '@overparam/core-reparam';
import { createOptimiser, foldKey, keyFromSeed, normalTensor, useEngine } from '@overparam/engine';
import { type Method, parseOptions } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { trirep } from '../src';

const key = keyFromSeed(1);

beforeAll(async () => {
  await useEngine('wasm');
});

function network(): tf.LayersModel {
  const x = tf.input({ shape: [8, 8, 4], name: 'image' });
  const conv = (name: string, filters: number, kernelSize: number) =>
    tf.layers.conv2d({ name, filters, kernelSize, padding: 'same', useBias: false });
  const norm = (name: string) => tf.layers.batchNormalization({ name, epsilon: 1e-5, momentum: 0.9 });
  const first = norm('plain_norm').apply(conv('plain', 4, 3).apply(x)) as tf.SymbolicTensor;
  const block = norm('inside_norm').apply(conv('inside', 4, 3).apply(first)) as tf.SymbolicTensor;
  const sum = tf.layers.add({ name: 'add' }).apply([block, first]) as tf.SymbolicTensor;
  const wide = conv('widen', 12, 1).apply(sum) as tf.SymbolicTensor;
  const pooled = tf.layers.globalAveragePooling2d({ name: 'pool' }).apply(wide);
  const y = tf.layers.dense({ name: 'head', units: 3 }).apply(pooled) as tf.SymbolicTensor;
  const model = tf.model({ inputs: x, outputs: y });
  tf.tidy(() => {
    for (const layer of model.layers) {
      if (layer.getClassName() === 'BatchNormalization') continue;
      layer.setWeights(
        layer
          .getWeights()
          .map((weight, i) => normalTensor(foldKey(key, layer.name, i), weight.shape, 0, 0.3)),
      );
    }
  });
  return model;
}

/** Losses of a few steps and all weights after them. */
function train(method: Method, options: unknown, steps = 4) {
  const model = network();
  const expanded = expand(model, { method, options, key });
  const parameters = parametersOf(expanded);
  const decay = 5e-4;
  const optimiser = createOptimiser(
    { name: 'sgd', momentum: 0.9, nesterov: true },
    parameters.map(({ name, variable, covered }) => ({
      name,
      variable,
      weightDecay: covered || variable.rank < 2 ? 0 : decay,
    })),
  );
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const x = normalTensor(foldKey(key, 'x', step), [4, 8, 8, 4], 0, 1);
    const loss = () => {
      const task = forward(expanded, x, { mode: 'train' })[0]!.square().mean();
      losses.push(task.dataSync()[0]!);
      return task.add(decayPenalty(expanded).mul(decay)).asScalar();
    };
    const { value, grads } = tf.variableGrads(
      loss,
      parameters.map(({ variable }) => variable),
    );
    const gradients = Object.fromEntries(
      parameters.map(({ name, variable }) => [name, grads[variable.name]!]),
    );
    const rate = tf.scalar(0.1);
    const apply = tf.scalar(true, 'bool');
    optimiser.update(gradients, { rate, apply });
    tf.dispose([x, value, grads, rate, apply]);
  }
  const { model: deployed } = collapse(expanded);
  const weights = deployed.weights.map((weight) => Float32Array.from(weight.read().dataSync()));
  optimiser.dispose();
  for (const each of [model, expanded, deployed]) each.dispose();
  return { losses, weights };
}

const nothing = { pointwise: false, identity: false };
const trained = { frames: 'channel', branches: { pointwise: true, identity: 'auto' } } as const;

test.each([
  { frames: 'channel', strength: 0, scales: false, branches: nothing },
  { frames: 'none', branches: nothing },
])('without frames and branches it is bit for bit the baseline: %o', (bare) => {
  const baseline = train(plain, {});
  const reduced = train(trirep, bare);
  expect(reduced.losses).toEqual(baseline.losses);
  expect(reduced.weights).toEqual(baseline.weights);
  expect(train(trirep, {}).losses).not.toEqual(baseline.losses);
  expect(train(trirep, trained).losses).not.toEqual(baseline.losses);
});

test('composes V M U, the scaled 1x1 and the identity as one would by hand', () => {
  const model = network();
  const options = { frames: 'channel', strength: 0.5, branches: { pointwise: true, identity: true } };
  const expanded = expand(model, { method: trirep, options, select: 'inside', key });
  const parameters = new Map(
    parametersOf(expanded).map(({ name, variable }) => [name.replace('inside/', ''), variable]),
  );
  for (const [name, variable] of parameters) {
    if (['u', 'v', 'core', 'pointwise', 'scale_core', 'scale_pointwise', 'scale_identity'].includes(name)) {
      variable.assign(normalTensor(foldKey(key, 'new', name), variable.shape, 0, 1) as typeof variable);
    }
  }
  const read = <T>(name: string) => parameters.get(name)!.arraySync() as T;
  const [u, v] = [read<number[][]>('u'), read<number[][]>('v')];
  const [core, pointwise] = [read<number[][][][]>('core'), read<number[][][][]>('pointwise')];
  const [sc, sp, sd] = ['core', 'pointwise', 'identity'].map((name) => read<number[]>(`scale_${name}`)) as [
    number[],
    number[],
    number[],
  ];
  const { model: deployed } = collapse(expanded, { norms: 'keep' });
  const kernel = deployed.getLayer('inside').getWeights()[0]!.arraySync() as number[][][][];
  const frame = (matrix: number[][], a: number, b: number) => (a === b ? 1 : 0) + 0.5 * matrix[a]![b]!;
  for (let h = 0; h < 3; h++)
    for (let w = 0; w < 3; w++)
      for (let i = 0; i < 4; i++)
        for (let o = 0; o < 4; o++) {
          let sum = 0;
          for (let p = 0; p < 4; p++)
            for (let q = 0; q < 4; q++) sum += frame(v, i, p) * core[h]![w]![p]![q]! * frame(u, q, o);
          const centre = h === 1 && w === 1 ? sp[o]! * pointwise[0]![0]![i]![o]! + (i === o ? sd[o]! : 0) : 0;
          expect(kernel[h]![w]![i]![o]).toBeCloseTo(sc[o]! * sum + centre, 4);
        }
  for (const each of [model, expanded, deployed]) each.dispose();
});

test('its first step amplifies the gradient by the formula of linear depth', () => {
  // dW = -eta (G + a^2 A A^T G + a^2 G B^T B) for a dense layer in [in, out] convention with both frames wished;
  // 1x1 and dense layers take the frame on the smaller side only: here outputs, U with W = M U.
  tf.tidy(() => {
    const site = { name: 'd', kind: 'dense', kernelShape: [1, 1, 5, 3] } as const;
    const options = parseOptions(trirep.options, { frames: 'channel', strength: 0.7 });
    const full = {
      ...site,
      strides: [1, 1],
      dilation: [1, 1],
      padding: [
        [0, 0],
        [0, 0],
      ],
      bias: false,
      norm: null,
      activation: 'linear',
      bypassed: false,
      tasks: [],
      inputSizes: [[1, 1]],
    } as never;
    const expansion = trirep.expand(full, options);
    const kernel = normalTensor(key, [1, 1, 5, 3], 0, 1) as tf.Tensor4D;
    const values = expansion.initialise({ kernel, bias: null, norm: null }, key);
    const direction = normalTensor(keyFromSeed(9), [5, 3], 0, 1) as tf.Tensor2D;
    const composed = (core: tf.Tensor, u: tf.Tensor) =>
      expansion.collapse({ core, u }, {})[0]!.kernel.reshape([5, 3]);
    const loss = (core: tf.Tensor, u: tf.Tensor) => composed(core, u).mul(direction).sum().asScalar();
    const [dCore, dU] = tf.grads(loss)([values.core!, values.u!]);
    const rate = 1e-3;
    const moved = composed(values.core!.sub(dCore!.mul(rate)), values.u!.sub(dU!.mul(rate)));
    const w = kernel.reshape([5, 3]) as tf.Tensor2D;
    const extra = tf.matMul(w, tf.matMul(w, direction, true)).mul(0.49);
    const wanted = direction.add(extra).mul(-rate);
    expect(gapBetween(moved.sub(w), wanted)).toBeLessThan(5e-3);
  });
});

test('puts the identity only where no shortcut already is, one frame on 1x1 and dense layers, on the smaller side', () => {
  const model = network();
  const expanded = expand(model, { method: trirep, options: trained, key });
  const names = Object.fromEntries(
    expansionsOf(expanded).map(({ layer, expansion }) => [
      layer,
      expansion.parameters.map(({ name }) => name),
    ]),
  );
  expect(names.plain).toContain('scale_identity');
  expect(names.inside).not.toContain('scale_identity');
  expect(names.widen).toEqual(['core', 'v']);
  expect(names.head).toEqual(['core', 'u', 'bias']);
  for (const each of [model, expanded]) each.dispose();
});

test('costs nothing once deployed', async () => {
  const model = network();
  const cards = [];
  for (const [method, options] of [
    [plain, {}],
    [trirep, trained],
    [trirep, { frames: 'whitening', branches: nothing }],
  ] as const) {
    const expanded = expand(model, { method: method as Method, options, key });
    cards.push(await costCard(expanded));
    expanded.dispose();
  }
  const [baseline, framed, whitened] = cards as [CostCard, CostCard, CostCard];
  for (const card of [framed, whitened]) {
    expect(card.deployed).toEqual(baseline.deployed);
    expect(card.expanded.multiplyAddsPerPass).toBeGreaterThan(0);
  }
  expect(framed.expanded.multiplyAdds).toBe(baseline.expanded.multiplyAdds);
  // Second moments of 4 channels at 64 pixels in three layers, and of the head's 12 numbers.
  expect(whitened.expanded.multiplyAdds - baseline.expanded.multiplyAdds).toBe(3 * 64 * 4 ** 2 + 12 ** 2);
  expect(framed.expanded.parameters).toBeGreaterThan(baseline.expanded.parameters);
  // A frame that whitens follows from the images: nothing of it is trained.
  expect(whitened.expanded.parameters).toBe(baseline.expanded.parameters);
  model.dispose();
});

test('frames: auto whitens where training begins anew on one trunk, and is trained frames elsewhere', () => {
  const model = network();
  const statesBy = (options: object, select: Selector = { any: ['plain', 'widen'] }) => {
    const expanded = expand(model, { method: trirep, options, select, key });
    const names = Object.fromEntries(
      expansionsOf(expanded).map(({ layer, expansion }) => [
        layer,
        [...expansion.state, ...expansion.parameters]
          .map(({ name }) => name)
          .filter((name) => ['covariance', 'u', 'v'].includes(name)),
      ]),
    );
    expanded.dispose();
    return names;
  };
  expect(statesBy({}, 'plain')).toEqual({ plain: ['covariance'] });
  expect(statesBy({ start: 'preserve' })).toEqual({ plain: ['u', 'v'], widen: ['v'] });
  expect(statesBy({ frames: 'whitening' })).toEqual({ plain: ['covariance'], widen: ['covariance'] });
  model.dispose();
});

test('frames: auto leaves a layer alone that it puts nothing around, and says why where that one is asked for', () => {
  const model = network();
  const expandedBy = (options: object, select?: Selector) => {
    const expanded = expand(model, { method: trirep, options, key, ...(select && { select }) });
    const layers = expansionsOf(expanded).map(({ layer }) => layer);
    expanded.dispose();
    return layers;
  };
  expect(expandedBy({})).not.toContain('widen');
  expect(expandedBy({ frames: 'channel' })).toContain('widen');
  // One kernel by what is said, not by what auto leaves.
  expect(expandedBy({ frames: 'none' })).toContain('widen');
  const asGiven = { start: 'preserve', strength: 0, branches: { pointwise: false, identity: false } };
  expect(expandedBy(asGiven)).toContain('inside');
  expect(() => expandedBy({}, 'widen')).toThrow(
    /"widen": frames: auto puts nothing around a 1x1 kernel.*frames: channel/,
  );
  model.dispose();
});

test('whitening and start: preserve together are warned of, as the first update changes the layer', () => {
  const model = network();
  const warningsBy = (options: object) => {
    const expanded = expand(model, { method: trirep, options, select: 'plain', key });
    const warnings = expansionsOf(expanded)[0]!.expansion.warnings;
    expanded.dispose();
    return warnings;
  };
  expect(warningsBy({ frames: 'whitening', start: 'preserve' })).toEqual([
    expect.stringMatching(/changes it at the first update. Use frames: channel/),
  ]);
  expect(warningsBy({ start: 'preserve' })).toEqual([]);
  expect(warningsBy({})).toEqual([]);
  model.dispose();
});

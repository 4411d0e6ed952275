import { collapse, expand, forward, parametersOf, statesOf } from '@overparam/core-reparam';
import { keyFromSeed, normalTensor, useEngine } from '@overparam/engine';
import type { LayersModel, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { trirep } from '../src';

beforeAll(async () => {
  await useEngine('wasm');
});

/** Convolutions in a row, all shapes equal. */
function expanded(options: object, layers: readonly string[] = ['a', 'b']): LayersModel {
  const convolution = (name: string) =>
    tf.layers.conv2d({ name, filters: 4, kernelSize: 3, padding: 'same', useBias: false });
  const model = tf.sequential({
    layers: [tf.layers.inputLayer({ inputShape: [6, 6, 4] }), ...layers.map(convolution)],
  });
  const network = expand(model, { method: trirep, options, key: keyFromSeed(3) });
  model.dispose();
  return network;
}

function fadeTo(model: LayersModel, value: number): void {
  for (const { variable, follows } of statesOf(model))
    if (follows === 'tau') tf.tidy(() => variable.assign(tf.scalar(value)));
}

const image = () => normalTensor(keyFromSeed(4), [2, 6, 6, 4], 0, 1) as Tensor4D;

test('a fading nonlinearity refuses to collapse until it is the identity, and then collapses exactly', () => {
  const model = expanded({ fading: 'relu' });
  expect(() => collapse(model)).toThrow(
    /"a" \(trirep\) cannot be collapsed: its nonlinearity is still there, as tau is 0 and not 1/,
  );
  fadeTo(model, 0.999);
  expect(() => collapse(model)).toThrow(/as tau is 0\.999 and not 1/);
  fadeTo(model, 1);
  const { model: deployed, report } = collapse(model);
  expect(report.gap).toBeLessThan(1e-5);
  deployed.dispose();
  model.dispose();
});

test('at first it is a ReLU between frame and core, by hand', () => {
  const [kernel, x] = [normalTensor(keyFromSeed(5), [3, 3, 4, 4], 0, 1) as Tensor4D, image()];
  const source = tf.sequential({
    layers: [
      tf.layers.conv2d({
        name: 'a',
        inputShape: [6, 6, 4],
        filters: 4,
        kernelSize: 3,
        padding: 'same',
        useBias: false,
      }),
    ],
  });
  source.setWeights([kernel]);
  const branches = { pointwise: false, identity: false };
  const model = expand(source, {
    method: trirep,
    options: { fading: 'relu', branches },
    key: keyFromSeed(3),
  });
  // Frames begin as the identity.
  for (const [tau, slope] of [
    [0, 0],
    [0.25, 0.25],
    [1, 1],
  ] as const) {
    fadeTo(model, tau);
    const [found] = forward(model, x, { mode: 'train' });
    const bent = tf.where(tf.greater(x, 0), x, x.mul(slope)) as Tensor4D;
    const wanted = tf.conv2d(bent, kernel, 1, 'same');
    expect(found!.sub(wanted).abs().max().dataSync()[0]).toBeLessThan(1e-5);
    tf.dispose([found!, bent, wanted]);
  }
  tf.dispose([kernel, x]);
  source.dispose();
  model.dispose();
});

test('a layer cannot begin as it is given and with a nonlinearity', () => {
  expect(() => expanded({ fading: 'relu', start: 'preserve' })).toThrow(
    /a nonlinearity that fades changes the layer/,
  );
});

test('branches with norms are divided by the deviation of what they give, by hand', () => {
  const model = expanded({ branchNorms: true, frames: 'none' }, ['a']);
  const weights = Object.fromEntries(
    [...parametersOf(model), ...statesOf(model)].map((weight) => [weight.name, weight.variable]),
  );
  const x = image();
  // Its branches run one by one, and divided.
  const byHand = (deviation: (branch: tf.Tensor, name: string) => tf.Tensor) =>
    tf.tidy(() => {
      const of = (name: string) => weights[`a/${name}`]! as unknown as Tensor4D;
      const core = tf.conv2d(x, of('core'), 1, 'same').mul(of('scale_core'));
      const pointwise = tf.conv2d(x, of('pointwise'), 1, 'same');
      const scaled = (branch: tf.Tensor, name: string) =>
        branch.div(deviation(branch, name)).mul(of(`scale_${name}`));
      return core.add(scaled(pointwise, 'pointwise')).add(scaled(x, 'identity'));
    });
  const variance = (branch: tf.Tensor) => tf.moments(branch, [0, 1, 2]).variance;
  const trained = byHand((branch) => variance(branch).add(1e-5).sqrt());
  const [found] = forward(model, x, { mode: 'train', momentum: 0.75 });
  expect(found!.sub(trained).abs().max().dataSync()[0]).toBeLessThan(1e-5);
  // What runs has moved a quarter of the way from 1, and is what inference and the collapsed layer divide by.
  const running = weights['a/identity_variance']!;
  const moved = tf.tidy(() => variance(x).mul(0.25).add(0.75).sub(running).abs().max());
  expect(moved.dataSync()[0]).toBeLessThan(1e-6);
  const inferred = byHand((_, name) => weights[`a/${name}_variance`]!.add(1e-5).sqrt());
  const [again] = forward(model, x, { mode: 'infer' });
  expect(again!.sub(inferred).abs().max().dataSync()[0]).toBeLessThan(1e-5);
  const { model: deployed, report } = collapse(model);
  expect(report.gap).toBeLessThan(1e-5);
  tf.dispose([x, trained, found!, moved, inferred, again!]);
  deployed.dispose();
  model.dispose();
});

test.each([
  [{ branchNorms: true }, /norms of branches are not supported with multiTask: (perTask|merge)/],
  [{ frames: 'whitening' }, /a frame that whitens is not supported with multiTask: (perTask|merge)/],
])('what follows the input of all tasks wants one trunk: %o', (form, refusal) => {
  const input = tf.input({ shape: [6, 6, 4] });
  const layer = (name: string, filters: number) =>
    tf.layers.conv2d({ name, filters, kernelSize: 3, padding: 'same', useBias: false });
  const shared = layer('shared', 4).apply(input);
  const heads = ['depth', 'normals'].map((name, index) => layer(name, 1 + 2 * index).apply(shared));
  const network = tf.model({ inputs: input, outputs: heads as tf.SymbolicTensor[] });
  const tasks = ['depth', 'normals'];
  const expandedBy = (multiTask: string) =>
    expand(network, {
      method: trirep,
      options: { ...form, multiTask },
      select: 'shared',
      key: keyFromSeed(3),
      tasks,
      owner: (name) => (name === 'shared' ? null : name),
    });
  expect(() => expandedBy('perTask')).toThrow(refusal);
  expect(() => expandedBy('merge')).toThrow(refusal);
  expandedBy('routed').dispose();
  network.dispose();
});

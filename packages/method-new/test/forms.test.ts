import { collapse, expand, forward, statesOf } from '@overparam/core-reparam';
import { keyFromSeed, normalTensor, useEngine } from '@overparam/engine';
import type { LayersModel, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { trirep } from '../src';

beforeAll(async () => {
  await useEngine('wasm');
});

/** Two convolutions, all but the first's shapes equal. */
function expanded(options: object): LayersModel {
  const convolution = (name: string) =>
    tf.layers.conv2d({ name, filters: 4, kernelSize: 3, padding: 'same', useBias: false });
  const model = tf.sequential({
    layers: [tf.layers.inputLayer({ inputShape: [6, 6, 4] }), convolution('a'), convolution('b')],
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

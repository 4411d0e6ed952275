import { collapse, expand, forward, parametersOf, statesOf } from '@overparam/core-reparam';
import { keyFromSeed, uniformTensor, useEngine } from '@overparam/engine';
import { isOverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { repvgg } from '../src';

const key = keyFromSeed(1);

beforeAll(async () => {
  await useEngine('cpu');
});

function network(kernelSize = 3, strides = 1): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({
        name: 'conv',
        inputShape: [6, 6, 2],
        filters: 2,
        kernelSize,
        strides,
        padding: 'same',
        useBias: false,
      }),
      tf.layers.batchNormalization({ name: 'norm', epsilon: 1e-5 }),
      tf.layers.reLU({ name: 'relu' }),
    ],
  });
}

test('fuses to the kernel and bias that one computes by hand', () => {
  const model = network();
  const expanded = expand(model, { method: repvgg, key });
  for (const { name, variable } of [...parametersOf(expanded), ...statesOf(expanded)]) {
    variable.assign(
      uniformTensor(
        keyFromSeed(name.length * 7 + name.charCodeAt(6)),
        variable.shape,
        0.5,
        1.5,
      ) as typeof variable,
    );
  }
  const value = (name: string) =>
    [...parametersOf(expanded), ...statesOf(expanded)].find((one) => one.name === `conv/${name}`)!.variable;
  const at = (name: string, channel: number) => value(name).dataSync()[channel]!;
  const t = (branch: string, o: number) =>
    at(`${branch}_gamma`, o) / Math.sqrt(at(`${branch}_variance`, o) + 1e-5);
  const { model: deployed } = collapse(expanded);
  const [kernel, bias] = deployed
    .getLayer('conv')
    .getWeights()
    .map((weight) => weight.arraySync()) as [number[][][][], number[]];
  const main = value('main_kernel').arraySync() as number[][][][];
  const pointwise = value('pointwise_kernel').arraySync() as number[][][][];
  for (let o = 0; o < 2; o++) {
    for (let h = 0; h < 3; h++)
      for (let w = 0; w < 3; w++)
        for (let i = 0; i < 2; i++) {
          const centre = h === 1 && w === 1;
          const small = centre ? pointwise[0]![0]![i]![o]! * t('pointwise', o) : 0;
          const same = centre && i === o ? t('identity', o) : 0;
          expect(kernel[h]![w]![i]![o]).toBeCloseTo(main[h]![w]![i]![o]! * t('main', o) + small + same, 5);
        }
    const shift = (branch: string) => at(`${branch}_beta`, o) - at(`${branch}_mean`, o) * t(branch, o);
    expect(bias[o]).toBeCloseTo(shift('main') + shift('pointwise') + shift('identity'), 5);
  }
  for (const each of [model, expanded, deployed]) each.dispose();
});

test('has an identity branch only where shapes allow and options wish it', () => {
  const names = (model: tf.LayersModel, options: object = {}) => {
    const expanded = expand(model, { method: repvgg, options, key });
    const found = parametersOf(expanded).map(({ name }) => name);
    expanded.dispose();
    model.dispose();
    return found;
  };
  expect(names(network())).toContain('conv/identity_gamma');
  expect(names(network(), { identity: false })).not.toContain('conv/identity_gamma');
  expect(names(network(3, 2))).not.toContain('conv/identity_gamma');
});

test('takes the norm over and keeps the activation: the deployed network is one convolution and a ReLU', () => {
  const model = network();
  const expanded = expand(model, { method: repvgg, key });
  expect(expanded.layers.map((layer) => layer.name)).toEqual(['conv', 'relu']);
  const x = uniformTensor(keyFromSeed(3), [2, 6, 6, 2], -1, 1);
  const [y] = forward(expanded, x, { mode: 'train' });
  expect(y!.min().dataSync()[0]).toBe(0);
  expect(
    statesOf(expanded)
      .find(({ name }) => name === 'conv/main_variance')!
      .variable.dataSync()[0],
  ).not.toBe(1);
  tf.dispose([x, y!]);
  for (const each of [model, expanded]) each.dispose();
});

test('refuses other kernels than 3x3 with the layer named', () => {
  const model = network(5);
  const attempt = () => expand(model, { method: repvgg, select: 'conv', key });
  expect(attempt).toThrow('[repvgg] layer "conv": kernel size 5x5 is not supported (expected 3x3)');
  try {
    attempt();
  } catch (error) {
    expect(isOverparamError(error) && error.code).toBe('unsupported-site');
  }
  model.dispose();
});

test("custom L2 is the released code's formula", () => {
  const model = network();
  const expanded = expand(model, { method: repvgg, options: { decay: 'custom' }, key });
  const read = (name: string) =>
    [...parametersOf(expanded), ...statesOf(expanded)]
      .find((one) => one.name === `conv/${name}`)!
      .variable.arraySync();
  const main = read('main_kernel') as number[][][][];
  const pointwise = read('pointwise_kernel') as number[][][][];
  // Fresh norms: t = 1 / sqrt(1 + eps) in both branches.
  const t = 1 / Math.sqrt(1 + 1e-5);
  let wanted = 0;
  for (const [h, rows] of main.entries())
    for (const [w, inputs] of rows.entries())
      for (const [i, outputs] of inputs.entries())
        for (const [o, number] of outputs.entries()) {
          const centre = h === 1 && w === 1;
          wanted += centre ? (number * t + pointwise[0]![0]![i]![o]! * t) ** 2 / (2 * t * t) : number ** 2;
        }
  const penalty = tf.tidy(
    () => (expanded.getLayer('conv') as unknown as { penalty(): tf.Scalar }).penalty().dataSync()[0]!,
  );
  expect(penalty).toBeCloseTo(wanted / 2, 4);
  for (const each of [model, expanded]) each.dispose();
});

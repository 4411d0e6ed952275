import { collapse, expand, expansionsOf, parametersOf } from '@overparam/core-reparam';
import { keyFromSeed, useEngine } from '@overparam/engine';
import { isOverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { fnl } from '../src';

const key = keyFromSeed(1);

beforeAll(async () => {
  await useEngine('cpu');
});

function network(filters: number): tf.LayersModel {
  const conv = tf.layers.conv2d({
    name: 'conv',
    inputShape: [8, 8, 4],
    filters,
    kernelSize: 3,
    padding: 'same',
  });
  return tf.sequential({ layers: [conv, tf.layers.flatten(), tf.layers.dense({ name: 'head', units: 3 })] });
}

function refusal(model: tf.LayersModel, options: unknown, select = 'conv'): string {
  try {
    expand(model, { method: fnl, options, select, key }).dispose();
  } catch (error) {
    if (isOverparamError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'accepted';
}

test('ranks count output channels times kernel rows, and the smaller side in dense layers', () => {
  const model = network(6);
  const shapesAt = (rankScale: number) => {
    const expanded = expand(model, { method: fnl, options: { rankScale, initialisation: 'kaiming' }, key });
    const shapes = Object.fromEntries(
      parametersOf(expanded).map(({ name, variable }) => [name, variable.shape]),
    );
    expanded.dispose();
    return shapes;
  };
  expect(shapesAt(1)).toMatchObject({
    'conv/u': [18, 18],
    'conv/m': [18, 18],
    'conv/v': [18, 12],
    'head/m': [3, 3],
  });
  expect(shapesAt(3)).toMatchObject({ 'conv/m': [54, 54], 'head/u': [3, 9], 'head/v': [9, 384] });
  model.dispose();
});

test('low rank is deployed as two thin convolutions, smaller than the kernel', () => {
  const model = network(16);
  const expanded = expand(model, { method: fnl, options: { rankScale: 0.1 }, select: 'conv', key });
  const { model: deployed, report } = collapse(expanded);
  expect(report.ok).toBe(true);
  const kernels = ['conv_factor1', 'conv'].map((name) => deployed.getLayer(name).getWeights()[0]!.shape);
  expect(kernels).toEqual([
    [1, 3, 4, 5],
    [3, 1, 5, 16],
  ]);
  for (const each of [model, expanded, deployed]) each.dispose();
});

test('warns of dead width, and not where all width can learn', () => {
  const model = network(6);
  const warnings = (options: object) => {
    const expanded = expand(model, { method: fnl, options, select: 'conv', key });
    const found = expansionsOf(expanded).flatMap(({ expansion }) => expansion.warnings ?? []);
    expanded.dispose();
    return found;
  };
  expect(warnings({ form: 'wide', rankScale: 3 })[0]).toContain('42 of the 54 columns of U are dead');
  expect(warnings({ form: 'wide', rankScale: 3, initialisation: 'kaiming' })).toEqual([]);
  model.dispose();
});

test('dead width really is dead: no gradient reaches it', () => {
  const model = network(2);
  const options = { form: 'wide', rank: 14 };
  const expanded = expand(model, { method: fnl, options, select: 'conv', key });
  const find = (name: string) =>
    parametersOf(expanded).find((parameter) => parameter.name === name)!.variable;
  const x = tf.ones([1, 8, 8, 4]);
  const { grads, value } = tf.variableGrads(
    () => (expanded.apply(x, { training: true }) as tf.Tensor).square().sum().asScalar(),
    [find('conv/u'), find('conv/v')],
  );
  const [u] = Object.values(grads).map((gradient) => gradient.arraySync() as number[][]);
  // The kernel's matrix is 6 x 12, so 6 of the 14 columns live.
  expect(u!.every((row) => row.slice(6).every((number) => number === 0))).toBe(true);
  expect(u!.some((row) => row.slice(0, 6).some((number) => number !== 0))).toBe(true);
  tf.dispose([x, value, grads]);
  for (const each of [model, expanded]) each.dispose();
});

test('refuses what cannot be, and says why', () => {
  const model = network(6);
  expect(refusal(model, { rank: 0 })).toMatch(/invalid-options: .*"rank".*at least 1/);
  expect(refusal(model, { start: 'preserve', initialisation: 'kaiming' })).toContain(
    'cannot begin as a given kernel',
  );
  expect(refusal(model, { start: 'preserve', rank: 4 })).toContain(
    'rank 4 cannot preserve a kernel of rank 12',
  );
  expect(refusal(model, { initialization: 'spectral' })).toContain('did you mean "initialisation"?');
  model.dispose();
});

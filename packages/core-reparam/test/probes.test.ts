import { keyFromSeed, normalTensor, useEngine } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { collapse, expand, plain, verify } from '../src';
import { drawProbes } from '../src/probes';
import { refusalOf } from './networks';

const key = keyFromSeed(1);
type Symbolic = tf.SymbolicTensor;

beforeAll(async () => {
  await useEngine('cpu');
});

const conv = (name: string, options: object = {}) =>
  tf.layers.conv2d({ name, filters: 4, kernelSize: 3, padding: 'same', ...options });
const dense = (name: string) => tf.layers.dense({ name, units: 2 });

function uNet(): tf.LayersModel {
  const x = tf.input({ shape: [null, null, 3] as unknown as number[] });
  let y = conv('a').apply(x) as Symbolic;
  const kept: Symbolic[] = [];
  for (let level = 0; level < 4; level++) {
    kept.push(y);
    y = conv(`down${level}`).apply(tf.layers.maxPooling2d({ poolSize: 2 }).apply(y)) as Symbolic;
  }
  for (const before of kept.reverse()) {
    const up = tf.layers.upSampling2d({}).apply(y) as Symbolic;
    y = conv(`up_${before.name.replace(/\W/g, '_')}`).apply(
      tf.layers.concatenate().apply([before, up]),
    ) as Symbolic;
  }
  return tf.model({ inputs: x, outputs: conv('out', { filters: 1 }).apply(y) as Symbolic });
}

test('a network of open size that halves and doubles is expanded and collapsed', () => {
  const model = uNet();
  expect(drawProbes(model, key).map(({ shape }) => shape)).toEqual([[2, 32, 32, 3]]);
  expect(collapse(expand(model, { method: plain, key })).report.gap).toBeLessThan(1e-5);
});

test('a network of words takes whole numbers below the number of its words', () => {
  const words = tf.input({ shape: [6], name: 'words' });
  const more = tf.input({ shape: [2, 3], dtype: 'int32', name: 'more' });
  const plainInput = tf.input({ shape: [3], name: 'numbers' });
  const embed = (name: string, inputDim: number) => tf.layers.embedding({ name, inputDim, outputDim: 4 });
  // Through a model inside, and past layers that hand numbers on.
  const inner = tf.input({ shape: [6] });
  const base = tf.model({ name: 'base', inputs: inner, outputs: embed('e', 5).apply(inner) as Symbolic });
  const flat = tf.layers.flatten().apply(more) as Symbolic;
  const both = tf.layers.concatenate().apply([flat, words]) as Symbolic;
  const parts = [base.apply(words), embed('f', 7).apply(both)].map(
    (part) => tf.layers.globalAveragePooling1d({}).apply(part) as Symbolic,
  );
  const model = tf.model({
    inputs: [words, more, plainInput],
    outputs: dense('d').apply(tf.layers.concatenate().apply([...parts, plainInput])) as Symbolic,
  });
  const probes = drawProbes(model, key, 200).map((probe) => [...new Set(probe.dataSync())].sort());
  expect(probes[0]).toEqual([0, 1, 2, 3, 4]);
  expect(probes[1]).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(probes[2]!.some((value) => value < 0)).toBe(true);
  const { report, model: deployed } = collapse(expand(model, { method: plain, key }));
  expect(report.gap).toBeLessThan(1e-6);
  expect(deployed.getLayer('f').getClassName()).toBe('Embedding');
});

test('a fixed batch is kept to', () => {
  const x = tf.input({ batchShape: [3, 8] });
  const reshaped = tf.layers.reshape({ targetShape: [2, 4] }).apply(x) as Symbolic;
  const model = tf.model({ inputs: x, outputs: dense('b').apply(reshaped) as Symbolic });
  expect(drawProbes(model, key)[0]!.shape).toEqual([3, 8]);
  expect(collapse(expand(model, { method: plain, key })).report.gap).toBeLessThan(1e-6);
});

test("a caller's own inputs are used, borrowed, and have to fit", () => {
  /** Takes the logarithm of numbers above zero, and gives no number for others. */
  class Logarithm extends tf.layers.Layer {
    static readonly className = 'Logarithm';
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tf.log(Array.isArray(inputs) ? inputs[0]! : inputs);
    }
  }
  const x = tf.input({ shape: [4] });
  const logs = new Logarithm({ name: 'logs' }).apply(x) as Symbolic;
  const model = tf.model({ inputs: x, outputs: dense('a').apply(logs) as Symbolic });
  const refusal = refusalOf(() => expand(model, { method: plain, key }));
  expect(refusal.code).toBe('probe-failed');
  expect(refusal.message).toContain('Hand over inputs of your own as probes');
  const probes = tf.add(tf.abs(normalTensor(key, [5, 4], 0, 1)), 0.1);
  const wide = expand(model, { method: plain, key, probes });
  expect(refusalOf(() => collapse(wide)).code).toBe('collapse-mismatch');
  const { report, model: deployed } = collapse(wide, { probes: [probes] });
  expect(report.gap).toBeLessThan(1e-6);
  expect(verify(wide, deployed, { probes }).ok).toBe(true);
  expect(probes.isDisposed).toBe(false);
  const narrow = tf.zeros([5, 3]);
  const mismatch = refusalOf(() => collapse(wide, { probes: narrow }));
  expect(mismatch.code).toBe('probe-mismatch');
  expect(mismatch.message).toContain('takes [?, 4]; got [5, 3]');
});

test('a network that cannot be run on what was drawn asks for inputs', () => {
  const x = tf.input({ shape: [null, 4] as unknown as number[] });
  const cropped = tf.layers.reshape({ targetShape: [7, 4] }).apply(x) as Symbolic;
  const model = tf.model({ inputs: x, outputs: dense('a').apply(cropped) as Symbolic });
  const refusal = refusalOf(() => expand(model, { method: plain, key }));
  expect(refusal.code).toBe('probe-failed');
  expect(refusal.message).toMatch(/cannot be run on inputs \[1, 32, 4\].*as probes/);
  const probes = normalTensor(key, [2, 7, 4], 0, 1);
  expect(collapse(expand(model, { method: plain, key, probes }), { probes }).report.ok).toBe(true);
});

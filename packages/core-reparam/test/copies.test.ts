import { keyFromSeed, useEngine } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { collapse, expand, plain } from '../src';

const key = keyFromSeed(1);
const { layers } = tf;

beforeAll(async () => {
  await useEngine('cpu');
});

/** A network of one layer and a dense one to be expanded, and the layer in its collapsed form. */
function copyOf(layer: tf.layers.Layer, shape: number[]): tf.layers.Layer {
  const x = tf.input({ shape });
  const flat = layers.flatten({}).apply(layer.apply(x));
  const model = tf.model({ inputs: x, outputs: layers.dense({ units: 2 }).apply(flat) as tf.SymbolicTensor });
  return collapse(expand(model, { method: plain, key })).model.getLayer(layer.name);
}

const l2 = tf.regularizers.l2({ l2: 0.3 });
const image = [5, 6, 3];
// Options that tfjs's own configs leave out, or mix up, are among them.
const cases: [string, tf.layers.Layer, number[]][] = [
  ['conv1d', layers.conv1d({ filters: 2, kernelSize: 2, dataFormat: 'channelsFirst' }), [5, 4]],
  ['separable', layers.separableConv2d({ filters: 2, kernelSize: 2, depthMultiplier: 2 }), image],
  [
    'depthwise',
    layers.depthwiseConv2d({ kernelSize: 2, depthwiseConstraint: 'nonNeg', depthwiseRegularizer: l2 }),
    image,
  ],
  ['alphaDropout', layers.alphaDropout({ rate: 0.2, noiseShape: [2, 1, 1, 3] }), image],
  ['prelu', layers.prelu({ sharedAxes: [1, 2] } as never), image],
  ['layerNorm', layers.layerNormalization({ axis: [1, 2], epsilon: 0.1 }), image],
  [
    'both',
    layers.bidirectional({
      layer: layers.lstm({ units: 2, returnSequences: true, recurrentRegularizer: l2 }) as tf.RNN,
      mergeMode: 'sum',
    }),
    [5, 4],
  ],
  [
    'each',
    layers.timeDistributed({ layer: layers.conv2d({ filters: 2, kernelSize: [1, 2] }) }),
    [2, ...image],
  ],
  ['convLstm', layers.convLstm2d({ filters: 2, kernelSize: 2 }), [3, ...image]],
  [
    'stacked',
    layers.rnn({
      cell: [layers.lstmCell({ units: 3 }), layers.gruCell({ units: 2 })],
      returnSequences: true,
    }),
    [5, 4],
  ],
];

/** What a layer was made with: numbers, words and lists of them, and the names of its rules. */
function settingsOf(value: unknown, depth = 0): unknown {
  if (Array.isArray(value)) return value.map((one) => settingsOf(one, depth + 1));
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? null : value;
  if (value instanceof tf.Tensor || depth > 3) return null;
  const hidden =
    /^(id|name|originalName|inboundNodes|outboundNodes|_losses|_refCount|batchInputShape|dtype)$|Initializer$/;
  const entries = Object.entries(value).filter(([key]) => !hidden.test(key));
  return {
    kind: value.constructor.name,
    ...Object.fromEntries(entries.map(([key, one]) => [key, settingsOf(one, depth + 1)])),
  };
}

test.each(cases)('a copied layer is the same layer: %s', (_, layer, shape) => {
  const copy = copyOf(layer, shape);
  expect(settingsOf(copy)).toEqual(settingsOf(layer));
  const values = (one: tf.layers.Layer) => one.getWeights().map((weight) => [...weight.dataSync()]);
  expect(values(copy)).toEqual(values(layer));
});

import { dilatedResnet50, segnet, segnetMtan } from '@overparam/backbones';
import {
  collapse,
  dropoutMasks,
  expand,
  expansionsOf,
  forward,
  gapBetween,
  type Method,
  registerPlugin,
  sitesOf,
} from '@overparam/core-reparam';
import { keyFromSeed, normalTensor, useEngine } from '@overparam/engine';
import { plugin as methodNew, trirep } from '@overparam/method-new';
import { plugin as methodRepvgg, repvgg } from '@overparam/method-repvgg';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';

const shape = {
  inputShape: [32, 64, 3],
  tasks: [
    { name: 'segmentation', kind: 'segmentation', outputs: 5 },
    { name: 'depth', kind: 'depth', outputs: 1 },
    { name: 'normals', kind: 'normals', outputs: 3 },
  ],
  key: keyFromSeed(1),
} as const;

const networks = {
  segnet: () => segnet.build(shape, segnet.options.parse({ width: 4 })).model,
  'segnet-mtan': () => segnetMtan.build(shape, segnetMtan.options.parse({ width: 4 })).model,
  'resnet50-dilated': () =>
    dilatedResnet50.build(shape, dilatedResnet50.options.parse({ width: 2, rates: [1, 2] })).model,
};

beforeAll(async () => {
  await useEngine('wasm');
  registerPlugin(methodNew);
  registerPlugin(methodRepvgg);
});

test('places of maxima are no way around a layer: TriRep gives SegNet identities, a residual network none', () => {
  const bypassed = (model: tf.LayersModel) =>
    sitesOf(model).flatMap(({ site }) => (site ? [[site.name, site.bypassed] as const] : []));
  expect(bypassed(networks.segnet()).filter(([, around]) => around)).toEqual([]);
  expect(new Map(bypassed(networks['resnet50-dilated']())).get('stage3_block2_conv2')).toBe(true);
});

describe.each(Object.keys(networks) as (keyof typeof networks)[])('%s', (network) => {
  test.each([
    ['repvgg', repvgg],
    ['trirep', trirep],
    // biome-ignore lint/suspicious/noExplicitAny: options of different methods differ; each schema guards its own.
  ] as [string, Method<any>][])('with %s trains, is saved and loaded, and collapses', async (_, method) => {
    const base = networks[network]();
    const wide = expand(base, { method, key: keyFromSeed(2) });
    expect(expansionsOf(wide).length).toBeGreaterThan(20);
    const images = normalTensor(keyFromSeed(3), [2, ...shape.inputShape], 0, 1);
    const masks = dropoutMasks(wide, 2, keyFromSeed(4));
    const loss = () => {
      const outputs = forward(wide, images, { mode: 'train', masks });
      return tf.addN(outputs.map((output) => tf.mean(tf.square(output)))) as tf.Scalar;
    };
    const losses = Array.from({ length: 3 }, () => {
      const cost = tf.train.sgd(0.05).minimize(loss, true)!;
      const value = cost.dataSync()[0]!;
      cost.dispose();
      return value;
    });
    expect(losses[2]).toBeLessThan(losses[0]!);

    const copy = await tf.models.modelFromJSON(JSON.parse(JSON.stringify(wide.toJSON(null, false))));
    copy.setWeights(wide.getWeights());
    tf.tidy(() => {
      const [own, other] = [wide, copy].map((model) => forward(model, images, { mode: 'infer' }));
      own!.forEach((output, index) => {
        expect(gapBetween(other![index]!, output)).toBe(0);
      });
    });

    const { model: deployed, report } = collapse(wide);
    expect(Math.max(...report.layers.map(({ gap }) => gap))).toBeLessThanOrEqual(1e-5);
    // Through the masks of untrained attention rounding grows further; collapse itself allows 1e-4.
    expect(report.gap).toBeLessThanOrEqual(network === 'segnet-mtan' ? 1e-4 : 1e-5);
    expect(deployed.countParams()).toBeLessThan(wide.countParams());
    tf.dispose([images, masks]);
    for (const model of [base, wide, copy, deployed]) model.dispose();
  });
});

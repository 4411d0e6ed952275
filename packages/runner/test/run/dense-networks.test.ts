import { dilatedResnet50, segnet, segnetMtan } from '@overparam/backbones';
import {
  collapse,
  dropoutMasks,
  expand,
  expansionsOf,
  forward,
  gapBetween,
  recordDecisions,
  sitesOf,
} from '@overparam/core-reparam';
import { foldKey, keyFromSeed, normalTensor, uniformTensor, useEngine } from '@overparam/engine';
import { plugin as methodNew, trirep } from '@overparam/method-new';
import { plugin as methodRepvgg, repvgg } from '@overparam/method-repvgg';
import { type Method, parseOptions, registerPlugin } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';

const shape = {
  inputShape: [32, 64, 3],
  tasks: [
    { name: 'segmentation', form: 'dense', outputs: 5 },
    { name: 'depth', form: 'dense', outputs: 1 },
    { name: 'normals', form: 'dense', outputs: 3, unitLength: true },
  ],
  key: keyFromSeed(1),
} as const;

const networks = {
  segnet: () => segnet.build(shape, parseOptions(segnet.options, { width: 4 })).model,
  'segnet-mtan': () => segnetMtan.build(shape, parseOptions(segnetMtan.options, { width: 4 })).model,
  'resnet50-dilated': () =>
    dilatedResnet50.build(shape, parseOptions(dilatedResnet50.options, { width: 2, rates: [1, 2] })).model,
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

/** Largest gap of any output, both making the choices of `reference` where maxima are. */
function gapTo(network: tf.LayersModel, reference: tf.LayersModel, images: tf.Tensor): number {
  return tf.tidy(() => {
    const { recording, replay, dispose } = recordDecisions();
    const expected = forward(reference, images, { mode: 'infer', decisions: recording });
    const found = forward(network, images, { mode: 'infer', decisions: replay() });
    dispose();
    return Math.max(...expected.map((output, index) => gapBetween(found[index]!, output)));
  });
}

/** What half a unit in the last place, drawn for each weight and statistic, does to a network's outputs. */
function roundingGap(model: tf.LayersModel, images: tf.Tensor): number {
  const weights = model.getWeights();
  return tf.tidy(() => {
    const rounded = weights.map((weight, index) =>
      weight.mul(uniformTensor(foldKey(keyFromSeed(5), index), weight.shape, -(2 ** -24), 2 ** -24).add(1)),
    );
    const exact = weights.map((weight) => weight.clone());
    const { recording, replay, dispose } = recordDecisions();
    const expected = forward(model, images, { mode: 'infer', decisions: recording });
    model.setWeights(rounded);
    const found = forward(model, images, { mode: 'infer', decisions: replay() });
    model.setWeights(exact);
    dispose();
    return Math.max(...expected.map((output, index) => gapBetween(found[index]!, output)));
  });
}

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
    // Untrained attention amplifies rounding: there, the measure is what rounding alone does.
    const gap = gapTo(deployed, wide, images);
    if (network === 'segnet-mtan') expect(gap).toBeLessThanOrEqual(3 * roundingGap(wide, images));
    else expect(Math.max(gap, report.gap)).toBeLessThanOrEqual(1e-5);
    expect(deployed.countParams()).toBeLessThan(wide.countParams());
    tf.dispose([images, masks]);
    for (const model of [base, wide, copy, deployed]) model.dispose();
  });
});

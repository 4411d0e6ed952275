import { readFileSync } from 'node:fs';
import { collapse, expand, plain } from '@overparam/core-reparam';
import { keyFromSeed } from '@overparam/engine';
import { isOverparamError } from '@overparam/errors';
import { checkOptions } from '@overparam/plugin';
import { testBackbone } from '@overparam/plugin/testing';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  cgc,
  dselectK,
  mmoe,
  mobilenetV2,
  plainnet,
  plugin,
  resnet,
  resnet18,
  resnet50,
  vgg16,
  vggSmall,
} from '../src/index';
import { noiseImage, setByFormula, setByNoise, waveImage } from './formula';
import { build, classes, shapeOf, weightsOf } from './support';

const small = [
  ['resnet A', resnet, { depth: 8, width: 4 }],
  ['resnet B', resnet, { depth: 8, width: 4, shortcut: 'B' }],
  ['plainnet', plainnet, { width: 4 }],
  ['resnet18', resnet18, { width: 4 }],
  ['resnet50', resnet50, { width: 2 }],
] as const;

beforeEach(async () => {
  await tf.setBackend('cpu');
});

afterEach(() => {
  tf.disposeVariables();
});

interface Case {
  backbone: string;
  noise?: boolean;
  options: object;
  inputShape: [number, number, number];
  logits: number[];
}

describe.each(['cpu', 'wasm'])('on %s', (backend) => {
  const cases: Case[] = JSON.parse(
    readFileSync(new URL('./fixtures/reference.json', import.meta.url), 'utf8'),
  );

  test.each(cases)('$backbone $options computes what PyTorch computes', async (given) => {
    await tf.setBackend(backend);
    const backbone = plugin.backbones!.find(({ name }) => name === given.backbone)!;
    const shape = shapeOf({ ...classes(3), inputShape: given.inputShape });
    const { model } = build(backbone, given.options, shape);
    tf.tidy(() => {
      (given.noise ? setByNoise : setByFormula)(model);
      const image = (given.noise ? noiseImage : waveImage)([2, ...given.inputShape]);
      const logits = (model.predict(image) as tf.Tensor).dataSync();
      const largest = Math.max(...given.logits.map(Math.abs));
      given.logits.forEach((value, i) => {
        expect(Math.abs(logits[i]! - value) / largest).toBeLessThan(2e-5);
      });
    });
  });

  test('shortcut A passes every other pixel on, and its gradient back', async () => {
    await tf.setBackend(backend);
    const { model } = build(resnet, { depth: 8, width: 2 }, shapeOf({ inputShape: [5, 4, 3] }));
    const zeros = model.getLayer('stage2_block1_shortcut_zeros');
    const pool = model.getLayer('stage2_block1_shortcut_pool');
    tf.tidy(() => {
      const x = tf.range(1, 41).reshape([1, 5, 4, 2]);
      const shortcut = (image: tf.Tensor) => zeros.apply(pool.apply(image)) as tf.Tensor;
      const y = shortcut(x);
      expect(y.shape).toEqual([1, 3, 2, 4]);
      const pixels = [1, 5, 17, 21, 33, 37].flatMap((first) => [0, first, first + 1, 0]);
      expect([...y.dataSync()]).toEqual(pixels);
      const dy = tf.range(101, 125).reshape([1, 3, 2, 4]);
      const gradient = tf.grad(shortcut)(x, dy).dataSync();
      const expected = new Float32Array(40);
      [1, 5, 17, 21, 33, 37].forEach((first, pixel) => {
        expected.set([102 + 4 * pixel, 103 + 4 * pixel], first - 1);
      });
      expect([...gradient]).toEqual([...expected]);
    });
  });
});

/** Networks with max-poolings, dropout or depthwise convolutions. */
const classic = [
  ['vgg16', vgg16, { width: 2, hidden: 5, grid: 1 }],
  ['vgg-small', vggSmall, { width: 2, layers: [1, 1, 2] }],
  ['mobilenet-v2', mobilenetV2, { multiplier: 0.25 }],
] as const;

test.each(classic)('%s expands and collapses, norms folded', (_, backbone, options) => {
  const { model } = build(backbone, options, shapeOf());
  setByFormula(model);
  const wide = expand(model, { method: plain, key: keyFromSeed(2) });
  const { model: deployed, report } = collapse(wide);
  expect(report.gap).toBeLessThan(5e-5);
  const kinds = new Set(deployed.layers.map((layer) => layer.getClassName()));
  expect(kinds.has('BatchNormalization')).toBe(false);
  expect(kinds.has('DepthwiseConv2D')).toBe(backbone === mobilenetV2);
});

test('dense tasks get the map of VGG-16 in front of its dense layers, at multiples of 32', () => {
  const tasks = [{ name: 'skin', form: 'dense', outputs: 2 }] as const;
  const { model } = build(vgg16, { width: 2 }, shapeOf({ tasks, inputShape: [32, 96, 3] }));
  expect(model.outputShape).toEqual([null, 32, 96, 2]);
  expect(model.layers.some(({ name }) => name === 'hidden1')).toBe(false);
  expect(() => build(vgg16, { width: 2 }, shapeOf({ inputShape: [32, 96, 3] }))).toThrow(/multiples of 224/);
});

test('VGG-16 and MobileNet begin as torchvision: dense layers with deviation 0.01, depthwise kernels by their fans', () => {
  const deviation = (values: Float32Array) =>
    Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
  const vgg = weightsOf(build(vgg16, { width: 4, hidden: 300, grid: 1 }, shapeOf()).model);
  expect(deviation(vgg['hidden2/kernel']!)).toBeCloseTo(0.01, 3);
  expect(deviation(vgg['classifier/kernel']!)).toBeCloseTo(0.01, 2);
  expect(vgg['hidden1/bias']!.every((value) => value === 0)).toBe(true);
  // PyTorch counts a depthwise kernel's fan out over all channels: 9 * 960 numbers each time.
  const depthwise = 'stage7_block1_depth_conv/depthwise_kernel';
  for (const [initialisation, fan] of [
    ['fanOut', 9 * 960],
    ['fanIn', 9],
  ] as const) {
    const { model } = build(mobilenetV2, { initialisation }, shapeOf());
    expect(deviation(weightsOf(model)[depthwise]!) / Math.sqrt(2 / fan)).toBeCloseTo(1, 1);
    model.dispose();
  }
});

for (const [, backbone, options] of classic) testBackbone(backbone, { test, options: [options] });

test.each(small)(
  '%s: one output of logits for each task, heads owned by their task',
  (_, backbone, options) => {
    const tasks = [
      { name: 'fine', form: 'class', outputs: 7 },
      { name: 'coarse', form: 'class', outputs: 2 },
    ] as const;
    const { model, owner, representations } = build(
      backbone,
      options,
      shapeOf({ tasks, inputShape: [9, 11, 3] }),
    );
    expect(model.outputShape).toEqual([
      [null, 7],
      [null, 2],
    ]);
    expect(owner('classifier_fine')).toBe('fine');
    expect(owner('classifier_coarse')).toBe('coarse');
    expect(owner('stem_conv')).toBeNull();
    expect(representations).toEqual(['global_pool']);
    expect(model.getLayer('global_pool').outboundNodes).toHaveLength(2);
  },
);

test.each(small)('%s: the key alone decides the weights', (_, backbone, options) => {
  const weights = (seed: number) => {
    const { model } = build(backbone, options, shapeOf({ key: keyFromSeed(seed), inputShape: [8, 8, 3] }));
    return weightsOf(model);
  };
  const first = weights(5);
  expect(weights(5)).toEqual(first);
  const other = weights(6);
  for (const name of Object.keys(first).filter((key) => key.endsWith('kernel'))) {
    expect(other[name]).not.toEqual(first[name]);
  }
});

test("a layer's weights do not depend on the rest of the network", () => {
  const options = { width: 4 };
  const residual = weightsOf(build(resnet, { ...options, depth: 14 }, shapeOf()).model);
  const plain = weightsOf(build(plainnet, { ...options, depth: 8 }, shapeOf()).model);
  for (const [name, values] of Object.entries(plain)) expect(residual[name]).toEqual(values);
});

test.each(['fanOut', 'fanIn'])(
  'convolutions are normal with deviation sqrt(2 / %s), classifiers uniform',
  (fan) => {
    const { model } = build(resnet, { depth: 8, width: 32, initialisation: fan }, shapeOf());
    const weights = weightsOf(model);
    const moments = (values: Float32Array) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
    };
    // 32 to 64 channels: 18 432 numbers, whose variance is within 5 % with a margin of about 5 deviations.
    const { mean, variance } = moments(weights['stage2_block1_conv1/kernel']!);
    const expected = 2 / (9 * (fan === 'fanOut' ? 64 : 32));
    expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(expected / 18_432));
    expect(Math.abs(variance / expected - 1)).toBeLessThan(0.05);
    const bound = 1 / Math.sqrt(128);
    const classifier = weights['classifier/kernel']!;
    expect(classifier.every((value) => Math.abs(value) <= bound)).toBe(true);
    expect(Math.abs(moments(classifier).variance / (bound ** 2 / 3) - 1)).toBeLessThan(0.15);
    expect(weights['classifier/bias']!.every((value) => Math.abs(value) <= bound && value !== 0)).toBe(true);
  },
);

test('every convolution is padded by half its kernel on all sides, at stride 2 by a layer of its own', () => {
  for (const [, backbone, options] of small) {
    const { model } = build(backbone, options, shapeOf());
    for (const layer of model.layers) {
      if (layer.getClassName() !== 'Conv2D') continue;
      const { kernelSize, strides, padding } = layer.getConfig() as Record<string, number[] | string>;
      const before = (layer.input as tf.SymbolicTensor).sourceLayer;
      const margin = Number(kernelSize![0]) >> 1;
      if (strides![0] === 1) expect(padding).toBe('same');
      else {
        expect(padding).toBe('valid');
        if (margin > 0) {
          expect(before.name).toBe(`${layer.name}_pad`);
          expect(before.getConfig().padding).toEqual([
            [margin, margin],
            [margin, margin],
          ]);
        }
      }
    }
  }
});

test.each([
  [32, 8],
  [31, 8],
  [29, 8],
  [28, 7],
  [5, 2],
  [1, 1],
])('side %i leaves side %i after two halvings, each rounded up', (side, left) => {
  for (const [name, backbone, options] of small.slice(0, 3)) {
    const { model } = build(backbone, options, shapeOf({ inputShape: [side, side, 3] }));
    const features = model.getLayer('global_pool').input as tf.SymbolicTensor;
    expect([name, features.shape]).toEqual([name, [null, left, left, 16]]);
  }
});

test.each(small)('%s: stock tfjs rebuilds it from JSON', async (_, backbone, options) => {
  const { model } = build(backbone, options, shapeOf({ inputShape: [9, 8, 3] }));
  const copy = await tf.models.modelFromJSON(JSON.parse(JSON.stringify(model.toJSON(null, false))));
  copy.setWeights(model.getWeights());
  tf.tidy(() => {
    const image = waveImage([2, 9, 8, 3]);
    const [own, other] = [model, copy].map((network) => (network.predict(image) as tf.Tensor).dataSync());
    expect(other).toEqual(own);
  });
});

test.each(small)('%s: building leaves weights only, and disposing them nothing', (_, backbone, options) => {
  const before = tf.memory().numTensors;
  const { model } = build(backbone, options, shapeOf({ inputShape: [8, 8, 3] }));
  expect(tf.memory().numTensors).toBe(before + model.weights.length);
  model.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('what cannot be built is refused', () => {
  const codeOf = (change: Parameters<typeof shapeOf>[0]) => {
    try {
      build(resnet, { depth: 8, width: 2 }, shapeOf(change));
    } catch (error) {
      if (isOverparamError(error)) return error.code;
      throw error;
    }
    return 'no error';
  };
  const task = { name: 'a', form: 'class', outputs: 2 } as const;
  expect(codeOf({ inputShape: [0, 8, 3] })).toBe('invalid-network-shape');
  expect(codeOf({ tasks: [] })).toBe('invalid-network-shape');
  expect(codeOf({ tasks: [task, task] })).toBe('invalid-network-shape');
  expect(codeOf({ tasks: [{ ...task, outputs: 0 }] })).toBe('invalid-network-shape');
  expect(codeOf({ tasks: [{ ...task, form: 'sound' as 'class' }] })).toBe('unsupported-head');
});

test('options of networks of experts: fewer than one, and numbers that have no digits, are refused', () => {
  const messages = (backbone: Parameters<typeof build>[0], options: object) =>
    checkOptions(backbone.options, options).problems?.map(({ message }) => message);
  expect(messages(mmoe, { experts: 0 })).toEqual([expect.stringMatching(/1 expert or more/)]);
  expect(messages(mmoe, { experts: 1.5 })).toEqual([expect.stringMatching(/whole number of experts/)]);
  expect(messages(cgc, { taskExperts: 0 })).toEqual([expect.stringMatching(/1 expert or more/)]);
  expect(messages(dselectK, { experts: 0 })?.[0]).toMatch(/2 experts or more/);
  expect(messages(dselectK, { experts: 6 })).toEqual([expect.stringMatching(/power of two/)]);
  expect(messages(dselectK, { experts: 2, nonzeros: 3 })).toEqual([
    expect.stringMatching(/no more selectors/),
  ]);
  for (const backbone of [mmoe, cgc, dselectK]) expect(messages(backbone, {})).toBeUndefined();
});

test('options: a depth between, a misspelt name and a width of 0 are refused', () => {
  const messages = (options: object) =>
    checkOptions(resnet.options, options).problems?.map(({ message }) => message);
  expect(messages({ depth: 50 })?.[0]).toMatch(/8, 14, 20.*resnet50/);
  expect(messages({ witdh: 16 })?.[0]).toMatch(/witdh/);
  expect(messages({ width: 0 })).toHaveLength(1);
  expect(messages({})).toBeUndefined();
});

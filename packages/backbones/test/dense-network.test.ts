import { readFileSync } from 'node:fs';
import { collapse, expand, forward, gapBetween, parametersOf, plain, verify } from '@overparam/core-reparam';
import { keyFromSeed, useEngine } from '@overparam/engine';
import { isOverparamError } from '@overparam/errors';
import { deeplabHead, pooledHead, segnetHead } from '@overparam/mtl-heads';
import { checkOptions, type NetworkShape, type NetworkTask } from '@overparam/plugin';
import { testBackbone } from '@overparam/plugin/testing';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MaxPoolWithPlaces, MaxUnpool } from '../../layers/src/custom-layers';
import {
  cgc,
  dilatedResnet50,
  dselectK,
  mmoe,
  plugin,
  segnet,
  segnetCrossStitch,
  segnetMtan,
} from '../src/index';
import { noiseImage, setByNoise } from './formula';
import { build, parameters, weightsOf } from './support';

const tasks: NetworkTask[] = [
  { name: 'segmentation', form: 'dense', outputs: 5 },
  { name: 'depth', form: 'dense', outputs: 1 },
  { name: 'normals', form: 'dense', outputs: 3, unitLength: true },
];

const small = [
  ['segnet', segnet, { width: 2 }],
  ['segnet-mtan', segnetMtan, { width: 2 }],
  ['segnet-cross-stitch', segnetCrossStitch, { width: 2 }],
  ['resnet50-dilated', dilatedResnet50, { width: 2, rates: [1, 2] }],
  ['mmoe', mmoe, { trunk: 'segnet', width: 2, experts: 2 }],
  ['cgc', cgc, { width: 2, rates: [1] }],
  ['dselect-k', dselectK, { trunk: 'segnet', width: 2 }],
] as const;

function shapeOf(change: Partial<NetworkShape> = {}): NetworkShape {
  return { inputShape: [32, 64, 3], tasks, key: keyFromSeed(1), ...change };
}

beforeAll(async () => {
  await useEngine('wasm');
});

afterEach(() => {
  tf.disposeVariables();
});

interface Reference {
  stride: number;
  tasks: NetworkTask[];
  cases: {
    backbone: string;
    width: number;
    options: object;
    inputShape: [number, number, number];
    outputs: number[][];
    float32: number[];
  }[];
}

const reference: Reference = JSON.parse(
  readFileSync(new URL('./fixtures/dense-reference.json', import.meta.url), 'utf8'),
);

describe.each(['cpu', 'wasm'] as const)('on %s', (engine) => {
  beforeEach(async () => {
    await useEngine(engine);
  });

  test.each(reference.cases)(
    '$backbone of $width times its width, $options, computes what PyTorch computes',
    (given) => {
      const backbone = plugin.backbones!.find(({ name }) => name === given.backbone)!;
      const shape = shapeOf({ tasks: reference.tasks, inputShape: given.inputShape });
      const { model } = build(backbone, { width: given.width, ...given.options }, shape);
      setByNoise(model);
      tf.tidy(() => {
        const [height, width] = given.inputShape;
        const outputs = model.predict(noiseImage([2, ...given.inputShape])) as tf.Tensor[];
        expect(outputs.map(({ shape: found }) => found)).toEqual(
          reference.tasks.map(({ outputs: channels }) => [2, height, width, channels]),
        );
        given.outputs.forEach((expected, task) => {
          const values = outputs[task]!.dataSync();
          const largest = Math.max(...expected.map(Math.abs));
          const gaps = expected.map((value, i) => Math.abs(values[i * reference.stride]! - value) / largest);
          expect(Math.max(...gaps)).toBeLessThan(Math.max(2e-5, 3 * given.float32[task]!));
        });
      });
    },
  );
});

for (const [, backbone, options] of small) {
  testBackbone(backbone, { test, options: [options] });
  testBackbone(backbone, { test, options: [options], inputShape: [32, 64, 3], tasks });
}

describe.each(small)('%s', (_, backbone, options) => {
  test('the key alone decides the weights', () => {
    const first = weightsOf(build(backbone, options, shapeOf({ key: keyFromSeed(5) })).model);
    const other = weightsOf(build(backbone, options, shapeOf({ key: keyFromSeed(6) })).model);
    for (const name of Object.keys(first).filter((key) => key.endsWith('kernel'))) {
      expect(other[name]).not.toEqual(first[name]);
      expect(first[name]!.some((value) => value !== 0)).toBe(true);
    }
  });

  test('tfjs rebuilds it from JSON with the layers of this package', async () => {
    const { model } = build(backbone, options, shapeOf());
    setByNoise(model);
    const copy = await tf.models.modelFromJSON(JSON.parse(JSON.stringify(model.toJSON(null, false))));
    copy.setWeights(model.getWeights());
    tf.tidy(() => {
      const image = noiseImage([2, 32, 64, 3]);
      const [own, other] = [model, copy].map((network) =>
        (network.predict(image) as tf.Tensor[]).map((output) => output.dataSync()),
      );
      expect(other).toEqual(own);
    });
  });

  test('expands and collapses, norms folded', () => {
    const { model } = build(backbone, options, shapeOf());
    setByNoise(model);
    const wide = expand(model, { method: plain, key: keyFromSeed(2) });
    const { model: deployed, report } = collapse(wide);
    // Rounding grows through 26 layers and more of weights that were never trained.
    expect(report.gap).toBeLessThan(5e-5);
    expect(deployed.layers.some((layer) => layer.getClassName() === 'BatchNormalization')).toBe(false);
  });

  test('a layer belongs to a task where no other loss reaches it', () => {
    const { model, owner } = build(backbone, options, shapeOf());
    tf.tidy(() => {
      const image = noiseImage([1, 32, 64, 3]);
      // Expanded, as training does: tfjs's own layers have no gradient with dilation.
      const trained = expand(model, { method: plain, key: keyFromSeed(2) });
      const variables = parametersOf(trained);
      const reached = tasks.map((_task, index) => {
        const loss = () => {
          const outputs = forward(trained, image, { mode: 'infer' });
          return tf.sum(tf.square(outputs[index]!)) as tf.Scalar;
        };
        const { grads } = tf.variableGrads(
          loss,
          variables.map(({ variable }) => variable),
        );
        return new Set(variables.filter(({ variable }) => grads[variable.name]).map(({ layer }) => layer));
      });
      for (const { layer } of variables) {
        const by = tasks.filter((_task, index) => reached[index]!.has(layer)).map(({ name }) => name);
        expect([layer, owner(layer)]).toEqual([layer, by.length === 1 ? by[0] : null]);
      }
    });
  });

  test('a single task: the trunk is shared, the head is its own', () => {
    const { model, owner, representations } = build(backbone, options, shapeOf({ tasks: [tasks[1]!] }));
    expect(model.outputShape).toEqual([null, 32, 64, 1]);
    const owners = new Set(model.layers.map(({ name }) => owner(name)));
    expect(owners).toEqual(new Set([null, 'depth']));
    for (const name of representations) expect(owner(name)).toBeNull();
  });

  test('building leaves weights only, and disposing them nothing', () => {
    const before = tf.memory().numTensors;
    const { model } = build(backbone, options, shapeOf());
    expect(tf.memory().numTensors).toBe(before + model.weights.length);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('SegNet has one task or several with the same trunk weights for the same key', () => {
  const all = weightsOf(build(segnet, { width: 2 }, shapeOf()).model);
  const one = weightsOf(build(segnet, { width: 2 }, shapeOf({ tasks: [tasks[2]!] })).model);
  for (const [name, values] of Object.entries(one)) expect(all[name]).toEqual(values);
});

test('SegNet begins as published: normal with deviation sqrt(2 / (fan in + fan out)), biases 0', () => {
  const weights = weightsOf(build(segnet, { width: 16 }, shapeOf()).model);
  const kernel = weights['encoder4_conv1/kernel']!;
  const variance = kernel.reduce((sum, value) => sum + value ** 2, 0) / kernel.length;
  // 64 to 128 channels: 73 728 numbers.
  expect(Math.abs(variance / (2 / (9 * (64 + 128))) - 1)).toBeLessThan(0.03);
  expect(weights['encoder4_conv1/bias']!.every((value) => value === 0)).toBe(true);
});

test("DeepLab's heads begin as PyTorch's: uniform within ±1 / sqrt(fan in); the trunk normal by fan out", () => {
  const weights = weightsOf(build(dilatedResnet50, { width: 8, rates: [1] }, shapeOf()).model);
  const bound = 1 / Math.sqrt(9 * 256);
  const head = weights['depth_aspp2_conv/kernel']!;
  expect(head.every((value) => Math.abs(value) <= bound)).toBe(true);
  expect(head.reduce((sum, value) => sum + value ** 2, 0) / head.length / (bound ** 2 / 3)).toBeCloseTo(1, 1);
  expect(weights['depth_out/bias']![0]).not.toBe(0);
  const trunk = weights['stage4_block2_conv2/kernel']!;
  const variance = trunk.reduce((sum, value) => sum + value ** 2, 0) / trunk.length;
  expect(variance / (2 / (9 * 64))).toBeCloseTo(1, 1);
});

test('cross-stitch units begin with 0.9 of the own features, the others share the rest', () => {
  const { model } = build(segnetCrossStitch, { width: 2 }, shapeOf());
  const factors = model.getLayer('depth_encoder2_stitch').getWeights()[0]!.dataSync();
  [0.05, 0.9, 0.05].forEach((value, i) => {
    expect(factors[i]).toBeCloseTo(value, 6);
  });
});

test("MTAN's shared attention layers serve every task with the same weights", () => {
  const { model } = build(segnetMtan, { width: 2 }, shapeOf());
  expect(model.getLayer('attention_encoder3_conv').inboundNodes).toHaveLength(3);
  expect(model.getLayer('attention_decoder5_norm').inboundNodes).toHaveLength(3);
});

test('heads can be handed in, and tasks of other forms get one answer an image', () => {
  const given: NetworkTask[] = [
    { ...tasks[0]!, head: deeplabHead({ filters: 4, rates: [1], dropout: 0 }) },
    { ...tasks[2]!, head: segnetHead },
    { name: 'place', form: 'class', outputs: 7 },
    { name: 'light', form: 'vector', outputs: 2, head: pooledHead },
  ];
  const { model, owner } = build(dilatedResnet50, { width: 2 }, shapeOf({ tasks: given }));
  expect(model.outputShape).toEqual([
    [null, 32, 64, 5],
    [null, 32, 64, 3],
    [null, 7],
    [null, 2],
  ]);
  expect(owner('segmentation_aspp1_conv')).toBe('segmentation');
  expect(owner('normals_conv1')).toBe('normals');
  expect(() => model.getLayer('segmentation_dropout')).toThrow();
  const { model: other } = build(segnet, { width: 2 }, shapeOf({ tasks: given }));
  expect(other.outputShape).toEqual(model.outputShape);
});

test('normals have length 1, or 0 where the head says nothing', () => {
  const { model } = build(segnet, { width: 2 }, shapeOf());
  tf.tidy(() => {
    const image = noiseImage([1, 32, 64, 3]);
    const lengths = () => tf.norm((model.predict(image) as tf.Tensor[])[2]!, 2, -1).dataSync();
    for (const length of lengths()) if (length !== 0) expect(length).toBeCloseTo(1, 5);
    expect(lengths().filter((length) => length > 0).length).toBeGreaterThan(1000);
    const last = model.getLayer('normals_conv2');
    last.setWeights(last.getWeights().map((weight) => tf.zerosLike(weight)));
    expect(lengths().every((length) => length === 0)).toBe(true);
  });
});

test('ties up to rounding between maxima are no difference between two networks', () => {
  const network = (sign: number) => {
    const image = tf.input({ shape: [8, 8, 1] });
    const conv = tf.layers.conv2d({ name: 'conv', filters: 1, kernelSize: 1 });
    const [values, places] = new MaxPoolWithPlaces({ name: 'pool' }).apply(conv.apply(image)) as [
      tf.SymbolicTensor,
      tf.SymbolicTensor,
    ];
    const y = new MaxUnpool({ name: 'unpool' }).apply([values, places]) as tf.SymbolicTensor;
    conv.setWeights([tf.fill([1, 1, 1, 1], sign * 1e-6), tf.ones([1])]);
    return tf.model({ inputs: image, outputs: y });
  };
  const wide = expand(network(1), { method: plain, key: keyFromSeed(1) });
  const other = network(-1);
  expect(verify(wide, other).gap).toBeLessThan(1e-4);
  tf.tidy(() => {
    const image = noiseImage([1, 8, 8, 1]);
    const [a, b] = [wide, other].map((model) => forward(model, image, { mode: 'infer' })[0]!);
    expect(gapBetween(a!, b!)).toBeCloseTo(1, 3);
  });
});

test('sizes that SegNet cannot take are named, with those that fit', () => {
  const failure = (inputShape: [number, number, number]) => {
    try {
      build(segnet, { width: 2 }, shapeOf({ inputShape }));
    } catch (error) {
      if (isOverparamError(error)) return `${error.code}: ${error.message}`;
      throw error;
    }
    return 'no error';
  };
  expect(failure([288, 380, 3])).toMatch(
    /^invalid-network-shape.*288x380.*multiples of 32.*height of 288 and a width of 352 or 384/,
  );
  expect(failure([20, 64, 3])).toMatch(/height of 32 and a width of 64/);
  expect(failure([32, 32, 3])).toBe('no error');
});

test('the dilated network takes any size', () => {
  const { model } = build(dilatedResnet50, { width: 2, rates: [1] }, shapeOf({ inputShape: [37, 50, 3] }));
  expect(model.outputShape).toEqual(tasks.map(({ outputs }) => [null, 37, 50, outputs]));
  expect(model.getLayer('stage4_block3_relu3').outputShape).toEqual([null, 5, 7, 64]);
});

test('width is a number of channels or a fraction of the published one', () => {
  const count = (width: number) => parameters(build(segnet, { width }, shapeOf()).model);
  expect(count(0.125)).toBe(count(8));
  const issues = (options: object) => checkOptions(segnet.options, options).problems?.map((i) => i.message);
  for (const width of [1, 2.5]) expect(issues({ width })?.[0]).toMatch(/write 64 for the published width/);
  expect(issues({ width: 0 })).toHaveLength(1);
  expect(issues({ widht: 8 })?.[0]).toMatch(/widht/);
  expect(issues({ width: 1 / 64 })).toBeUndefined();
});

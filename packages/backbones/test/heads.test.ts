import { keyFromSeed, useEngine } from '@overparam/engine';
import { isOverparamError } from '@overparam/errors';
import { deeplabHead, plugin as heads, pooledHead, segnetHead } from '@overparam/mtl-heads';
import {
  checkOptions,
  type Head,
  lookup,
  type NetworkTask,
  parseOptions,
  registerPlugin,
  type TaskForm,
} from '@overparam/plugin';
import { testBackbone } from '@overparam/plugin/testing';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { plainnet, plugin, resnet, segnet } from '../src/index';
import { noiseImage } from './formula';
import { build, weightsOf } from './support';

beforeAll(async () => {
  await useEngine('wasm');
  registerPlugin(heads);
});

afterEach(() => {
  tf.disposeVariables();
});

/** Small networks of every backbone. */
const options: Readonly<Record<string, object>> = {
  resnet: { depth: 8, width: 2 },
  plainnet: { depth: 8, width: 2 },
  resnet18: { width: 2 },
  resnet50: { width: 2 },
  vgg16: { width: 2, hidden: 5, grid: 1 },
  'vgg-small': { width: 2, layers: [1, 1] },
  'mobilenet-v2': { multiplier: 0.25 },
  segnet: { width: 2 },
  'segnet-mtan': { width: 2 },
  'segnet-cross-stitch': { width: 2 },
  'resnet50-dilated': { width: 2, rates: [1] },
  mmoe: { trunk: 'segnet', width: 2, experts: 2 },
  cgc: { width: 2, rates: [1] },
  'dselect-k': { trunk: 'segnet', width: 2, experts: 2 },
};

const backbones = plugin.backbones!.map((backbone) => [backbone.name, backbone] as const);

const key = keyFromSeed(1);
const inputShape = [32, 64, 3] as const;

/** What a task's output is like for each form, without the batch axis. */
const answers: Readonly<Record<TaskForm, readonly number[]>> = {
  class: [4],
  vector: [4],
  dense: [32, 64, 4],
};

const choices: readonly (readonly [string, Head | undefined, readonly TaskForm[]])[] = [
  ['its own head', undefined, ['class', 'dense', 'vector']],
  ['pooled', pooledHead, ['class', 'vector']],
  ['segnet', segnetHead, ['dense']],
  ['deeplab', deeplabHead({ filters: 2, rates: [1, 2] }), ['dense']],
];

function failureOf(body: () => void): string {
  try {
    body();
  } catch (error) {
    if (isOverparamError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'no error';
}

describe.each(backbones)('%s', (name, backbone) => {
  for (const [title, head, served] of choices) {
    for (const form of ['class', 'dense', 'vector'] as const) {
      const task: NetworkTask = { name: 'own', form, outputs: 4, ...(head && { head }) };
      const make = () => build(backbone, options[name]!, { inputShape, tasks: [task], key });
      if (served.includes(form)) {
        test(`serves a task of form ${form} with ${title}`, () => {
          const { model, owner } = make();
          expect(model.outputShape).toEqual([null, ...answers[form]]);
          expect(model.layers.filter((layer) => owner(layer.name) === 'own').length).toBeGreaterThan(0);
        });
      } else {
        test(`refuses the head ${title} for a task of form ${form}`, () => {
          const message = `"${title}" does not fit task "own": it serves tasks of form ${served.join(' or ')}, and this one is of form ${form}`;
          expect(failureOf(make)).toMatch(/^unsupported-head: /);
          expect(failureOf(make)).toContain(`] the head ${message}`);
        });
      }
    }
  }

  testBackbone(backbone, {
    test,
    options: [options[name]],
    tasks: [
      { name: 'number', form: 'vector', outputs: 1 },
      { name: 'place', form: 'class', outputs: 5 },
      { name: 'facing', form: 'dense', outputs: 3, unitLength: true },
      { name: 'gaze', form: 'vector', outputs: 3, unitLength: true },
    ],
  });
});

describe('networks for small images', () => {
  const place = { name: 'place', form: 'class', outputs: 5 } as const;
  const number = { name: 'number', form: 'vector', outputs: 2 } as const;
  const map = { name: 'map', form: 'dense', outputs: 1 } as const;
  const network = (...tasks: readonly NetworkTask[]) =>
    build(resnet, { depth: 8, width: 2 }, { inputShape, tasks, key });

  test('share the mean over the image where no head asks for more', () => {
    const { model, owner, representations } = network(place, number);
    expect(representations).toEqual(['global_pool']);
    expect(model.getLayer('global_pool').outboundNodes).toHaveLength(2);
    expect(['global_pool', 'classifier_place', 'number_out'].map(owner)).toEqual([null, 'place', 'number']);
  });

  test('share their last map where a head asks for it; the others then take its mean themselves', () => {
    const { model, owner, representations } = network(place, number, map);
    expect(representations).toEqual(['stage3_block1_relu2']);
    expect(() => model.getLayer('global_pool')).toThrow();
    expect(['place_mean', 'number_mean', 'map_conv1'].map(owner)).toEqual(['place', 'number', 'map']);
  });

  test('begin with the same trunk whatever their heads are', () => {
    const [classes, several] = [network(place), network(map, number)].map(({ model }) => weightsOf(model));
    const trunk = Object.keys(classes!).filter((name) => !name.startsWith('classifier'));
    expect(trunk.length).toBeGreaterThan(20);
    for (const name of trunk) expect(several![name]).toEqual(classes![name]);
  });

  test("begin with heads as PyTorch's layers do: within ±1 / sqrt(fan in)", () => {
    const weights = weightsOf(build(plainnet, { width: 32 }, { inputShape, tasks: [map], key }).model);
    const kernel = weights['map_conv1/kernel']!;
    const bound = 1 / Math.sqrt(9 * 128);
    expect(kernel.every((value) => Math.abs(value) <= bound)).toBe(true);
    const variance = kernel.reduce((sum, value) => sum + value ** 2, 0) / kernel.length;
    // 147 456 numbers.
    expect(variance / (bound ** 2 / 3)).toBeCloseTo(1, 1);
  });

  test("take a map's head from 8x16 to the image's 32x64 pixels, corner on corner", () => {
    const { model } = network(map);
    const small = tf.model({ inputs: model.inputs, outputs: model.getLayer('map_conv2').output });
    tf.tidy(() => {
      const image = noiseImage([1, 32, 64, 3]);
      const [given, resized] = [small, model].map((part) => part.predict(image) as tf.Tensor);
      expect(given!.shape).toEqual([1, 8, 16, 1]);
      const corners = ([h, w]: readonly [number, number], image: tf.Tensor) =>
        [0, w - 1, (h - 1) * w, h * w - 1].map((at) => image.dataSync()[at]!);
      const expected = corners([8, 16], given!);
      corners([32, 64], resized!).forEach((value, index) => {
        expect(value).toBeCloseTo(expected[index]!, 6);
      });
    });
  });
});

test('a head may refuse a task of a form that it serves, and say why', () => {
  const head: Head = { ...segnetHead, supports: ({ outputs }) => outputs > 1 || 'it wants several channels' };
  const make = (outputs: number) => {
    const tasks = [{ name: 'map', form: 'dense', outputs, head }] as const;
    return failureOf(() => void build(segnet, { width: 2 }, { inputShape, tasks, key }));
  };
  expect(make(2)).toBe('no error');
  expect(make(1)).toBe(
    'unsupported-head: [segnet] the head "segnet" does not fit task "map": it wants several channels.',
  );
});

test('heads are found by name, with their options', () => {
  expect(lookup('head', 'segnet').make({})).toBe(segnetHead);
  expect(lookup('head', 'pooled').make({})).toBe(pooledHead);
  const kind = lookup('head', 'deeplab');
  expect(parseOptions(kind.options, { filters: 8 })).toEqual({
    filters: 8,
    rates: [12, 24, 36],
    dropout: 0.5,
  });
  expect(checkOptions(kind.options, { filter: 8 }).problems).toHaveLength(1);
  const head = kind.make({ filters: 3, rates: [1, 2], dropout: 0 });
  expect(head.leastBatch?.images).toBe(2);
  const tasks = [{ name: 'own', form: 'dense', outputs: 1, head }] as const;
  const { model } = build(segnet, { width: 2 }, { inputShape, tasks, key });
  expect(model.getLayer('own_aspp3_conv').getConfig()).toMatchObject({ filters: 3, dilationRate: [2, 2] });
  expect(model.layers.some(({ name }) => name === 'own_aspp4_conv')).toBe(false);
});

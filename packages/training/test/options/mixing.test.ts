import { foldKey, keyFromSeed, useEngine } from '@overparam/engine';
import { classification } from '@overparam/mtl-heads';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { trainingBatches } from '../../src/index';
import { measure } from '../../src/measure';
import { drawMix, type Mixing, mixImages, partnerLabels, symmetricBeta } from '../../src/mixing';
import { engines } from '../support/engines';
import { openRun } from '../support/runs';
import { scenes, tiny, tinyScenes } from '../support/setups';
import { trainedWith } from './interrupted';
import { take, ways } from './ways';

const key = keyFromSeed(11);
const engine = engines[0]!;

/** Largest distance of an empirical distribution from a closed one. */
function kolmogorov(values: readonly number[], distribution: (x: number) => number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.max(
    ...sorted.map((value, index) => Math.abs(distribution(value) - (index + 0.5) / sorted.length)),
  );
}

const draws = (alpha: number) =>
  Array.from({ length: 4000 }, (_, index) => symmetricBeta(foldKey(key, index), alpha));

test('shares are Beta: even at 1, the arcsine law at 1/2, 3x^2 - 2x^3 at 2', () => {
  // The 99.9 % quantile of the distance is 1.95 / sqrt(4000) = 0.031.
  expect(kolmogorov(draws(1), (x) => x)).toBeLessThan(0.031);
  expect(kolmogorov(draws(0.5), (x) => (2 / Math.PI) * Math.asin(Math.sqrt(x)))).toBeLessThan(0.031);
  expect(kolmogorov(draws(2), (x) => 3 * x ** 2 - 2 * x ** 3)).toBeLessThan(0.031);
  // Nearly all of it is at the ends.
  const small = draws(0.01);
  expect(small.every((x) => x >= 0 && x <= 1)).toBe(true);
  expect(small.filter((x) => x > 0.01 && x < 0.99).length / small.length).toBeLessThan(0.08);
});

describe('of a batch of three images of 4x6 pixels', () => {
  const shape = [3, 4, 6, 2] as const;
  const image = (index: number) => Array.from({ length: 48 }, (_, at) => 100 * index + at);
  const batch = () => Float32Array.from([0, 1, 2].flatMap(image));

  test('mixup adds shares of each and the one before', () => {
    const x = batch();
    mixImages(x, shape, { share: 0.75, box: null });
    const expected = [0, 1, 2].flatMap((index) =>
      image(index).map((value, at) => 0.75 * value + 0.25 * image((index + 2) % 3)[at]!),
    );
    expect([...x]).toEqual(expected);
    expect([...partnerLabels(Int32Array.of(7, 8, 9), 3)]).toEqual([9, 7, 8]);
    expect([...partnerLabels(Float32Array.of(1, 2, 3, 4, 5, 6), 3)]).toEqual([5, 6, 1, 2, 3, 4]);
  });

  test('cutmix takes a box of the one before, and its share is the area that is left', () => {
    let boxes = 0;
    for (let index = 0; index < 200; index++) {
      const mix = drawMix({ by: 'cutmix', alpha: 1, probability: 1 }, foldKey(key, index), [4, 6]);
      const x = batch();
      mixImages(x, shape, mix);
      let own = 0;
      for (let pixel = 0; pixel < 24; pixel++) {
        const from = Math.round((x[48 + 2 * pixel]! - 2 * pixel) / 100);
        const { top, bottom, left, right } = mix.box!;
        const [row, column] = [Math.floor(pixel / 6), pixel % 6];
        const within = row >= top && row < bottom && column >= left && column < right;
        expect(from).toBe(within ? 0 : 1);
        own += from;
      }
      expect(mix.share).toBeCloseTo(own / 24, 10);
      boxes += Number(own < 24);
    }
    expect(boxes).toBeGreaterThan(100);
  });

  test('either mixes in both ways, and a probability leaves batches as they are', () => {
    const count = 2000;
    const kinds = { mixup: 0, cutmix: 0, none: 0 };
    for (let index = 0; index < count; index++) {
      const mix = drawMix({ by: 'either', alpha: 1, probability: 0.6 }, foldKey(key, index), [4, 6]);
      kinds[mix.box ? 'cutmix' : mix.share === 1 ? 'none' : 'mixup']++;
    }
    // Within four deviations.
    expect(Math.abs(kinds.none / count - 0.4)).toBeLessThan(0.044);
    expect(Math.abs(kinds.mixup / count - 0.3)).toBeLessThan(0.041);
  });
});

describe.each(ways)('on $name', (way) => {
  let leave = () => {};
  beforeAll(async () => {
    leave = await take(way);
  });
  afterAll(() => leave());

  test('the loss is the cross-entropy with mixed labels', () => {
    const classes = 4;
    const task = classification({ name: 'class', classes });
    const image = tf.input({ shape: [classes] });
    const model = tf.model({
      inputs: image,
      outputs: tf.layers.activation({ activation: 'linear' }).apply(image) as tf.SymbolicTensor,
    });
    const logits = [
      [1, -2, 0.5, 3],
      [0, 0.3, -1, 2],
      [4, 1, 1, 0],
    ];
    const [own, partner, share] = [[3, 0, 1], [1, 3, 0], 0.7];
    const expected =
      logits.reduce((sum, row, index) => {
        const normaliser = Math.log(row.reduce((total, value) => total + Math.exp(value), 0));
        const soft = row.map(
          (_, at) => share * Number(own[index] === at) + (1 - share) * Number(partner[index] === at),
        );
        return sum - row.reduce((total, value, at) => total + soft[at]! * (value - normaliser), 0);
      }, 0) / logits.length;
    tf.tidy(() => {
      const inputs = {
        x: tf.tensor2d(logits),
        'label/class': tf.tensor1d(own, 'int32'),
        'partner/class': tf.tensor1d(partner, 'int32'),
        mix: tf.scalar(share),
      };
      expect(measure(model, [task], inputs, {}).losses.class!.dataSync()[0]).toBeCloseTo(expected, 5);
    });
    model.dispose();
  });
});

const mixing: Mixing = { by: 'either', alpha: 1, probability: 0.8 };
const setup = {
  ...tiny,
  epochs: 2,
  mix: mixing,
  erase: { by: 'random', probability: 0.5, area: [0.02, 0.4], aspect: 0.3, fill: 'noise' },
} as const;

test('a mixed and erased run that is stopped and gone on with is the same, bit for bit', async () => {
  const whole = await trainedWith(setup, engine, null);
  for (const stop of [1, 4]) {
    const again = await trainedWith(setup, engine, stop);
    expect(again.values).toEqual(whole.values);
    expect(again.progress.history).toEqual(whole.progress.history);
  }
  expect((await trainedWith({ ...setup, mix: null }, engine, null)).values).not.toEqual(whole.values);
});

test("batches bring the labels of both, and what each is mixed with is the batch's own", async () => {
  await useEngine('cpu');
  const dataset = await tiny.dataset.part.open(tiny.dataset.options, { dataDir: 'data' });
  const common = { key, batch: 8, size: 24, augment: false };
  const plain = trainingBatches(dataset, common);
  const mixed = trainingBatches(dataset, { ...common, mix: { by: 'mixup', alpha: 1, probability: 1 } });
  for (const index of [0, 4]) {
    const [one, two] = [await plain.read(index), await mixed.read(index)];
    tf.tidy(() => {
      const share = two.mix!.dataSync()[0]!;
      const rolled = (x: tf.Tensor) => tf.concat([tf.slice(x, 7, 1), tf.slice(x, 0, 7)]);
      const expected = tf.add(tf.mul(one.x!, share), tf.mul(rolled(one.x!), 1 - share));
      expect(tf.max(tf.abs(tf.sub(expected, two.x!))).dataSync()[0]).toBeLessThan(1e-6);
      const [name] = Object.keys(one).filter((each) => each.startsWith('label/'));
      expect([...two[name!.replace('label', 'partner')]!.dataSync()]).toEqual([
        ...rolled(one[name!]!).dataSync(),
      ]);
    });
    tf.dispose([one, two]);
  }
  await dataset.close();
});

test('tasks that have no classes, and batches of one, are refused before anything is trained', async () => {
  await expect(openRun({ ...tinyScenes, dataset: scenes(), mix: mixing })).rejects.toThrow(
    /mix: either mixes whole images with a class each.*of the form "dense"/,
  );
  await expect(openRun({ ...tiny, batch: 1, mix: mixing })).rejects.toThrow(/batch: 1 has one alone/);
});

import { existsSync, readFileSync } from 'node:fs';
import type { ConfigFile } from '@overparam/config';
import { type Dataset, registerPlugin, type Split } from '@overparam/plugin';
import { readLegends, readRun } from '@overparam/saved-runs';
import type { Scores } from '@overparam/training';
import { decode } from 'fast-png';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { train } from '../../src/run/train';
import { temporaryFolder, tiny } from '../support/tiny';

const path = temporaryFolder();
const side = 8;

/** An image of one dot in an 8x8 field, by the field's number. */
type Dot = number;

const placeOf = (dot: Dot) => [Math.floor(dot / side), dot % side] as const;

/** One dot in an image: where it is, as two numbers, and how far from it every pixel is. */
const dot: Dataset<unknown, Dot> = {
  apiVersion: 1,
  name: 'dot',
  summary: 'Test data.',
  options: z.strictObject({}),
  verify: async () => [],
  async open() {
    const split = (size: number, step: number): Split<Dot> => ({
      size,
      example: (index) => (index * step) % side ** 2,
    });
    return {
      inputShape: [side, side, 1],
      tasks: [
        { name: 'place', kind: 'regression', outputs: 2, label: { shape: [2], dtype: 'float32' } },
        {
          name: 'distance',
          kind: 'regression',
          outputs: 1,
          label: { shape: [side, side], dtype: 'float32' },
        },
      ],
      splits: { train: split(64, 1), test: split(16, 5) },
      provenance: 'made here',
      augment: (example) => example,
      input(example, target, offset) {
        target.fill(0, offset, offset + side ** 2);
        target[offset + example] = 1;
      },
      label(example, task, target, offset) {
        const [row, column] = placeOf(example);
        if (task === 'place') target.set([row / side, column / side], offset);
        else
          for (let pixel = 0; pixel < side ** 2; pixel++) {
            const [y, x] = placeOf(pixel);
            target[offset + pixel] = Math.hypot(y - row, x - column) / side;
          }
      },
      close() {},
    };
  },
};

beforeAll(() => registerPlugin({ name: 'dot', apiVersion: 1, datasets: [dot as Dataset] }));

const run: ConfigFile = {
  ...tiny,
  method: 'repvgg',
  dataset: 'dot',
  backbone: { name: 'resnet', depth: 8, width: 4 },
  limit: {},
  optimiser: 'adam',
  lr: 0.01,
  epochs: 12,
};

test('a ResNet learns numbers: the loss falls below what a constant can reach, and collapse keeps the figures', async () => {
  const out = path('place');
  const result = await train({ ...run, tasks: ['place'] }, { out });
  const { metrics } = await readRun(out);
  const losses = metrics.map(({ train: { loss } }) => loss);
  expect(losses.at(-1)! / losses[0]!).toBeLessThan(0.2);
  // Rows and columns are 0 to 7 eighths: the best constant, their mean, is off by 1/4 on average.
  const error = (scores: Scores) => scores.byTask.place!.figures.absoluteError!;
  expect(error(result.final)).toBeLessThan(0.125);
  expect(error(result.collapsed)).toBeCloseTo(error(result.final), 6);
  expect(result.collapseGap).toBeLessThan(1e-5);
  expect(result.deployParameters).toBeLessThan(result.trainParameters);
  expect(existsSync(path('place', 'final', 'panels'))).toBe(false);
});

test('one ResNet learns numbers and a map beside them, and its pictures are drawn', async () => {
  const out = path('both');
  const result = await train({ ...run, epochs: 4 }, { out });
  const { metrics } = await readRun(out);
  expect(metrics.at(-1)!.train.loss).toBeLessThan(metrics[0]!.train.loss);
  for (const task of ['place', 'distance'])
    expect(result.collapsed.byTask[task]!.figures).toHaveProperty('absoluteError');
  expect(result.collapseGap).toBeLessThan(1e-5);
  const picture = decode(readFileSync(path('both', 'final', 'panels', '0-distance-truth.png')));
  expect([picture.height, picture.width]).toEqual([side, side]);
  const legends = await readLegends(out);
  const legend = JSON.parse(readFileSync(path('both', 'final', 'panels', '0-distance-legend.json'), 'utf8'));
  expect(legends.get('0-distance')).toEqual(legend);
  expect(legend.scale).toMatchObject({ from: 0 });
  // Test image 0 has its dot in the first pixel, which is nearest to itself, and bright.
  const brightness = (pixel: number) =>
    [0, 1, 2].reduce((sum, part) => sum + picture.data[3 * pixel + part]!, 0);
  const all = Array.from({ length: side ** 2 }, (_, pixel) => brightness(pixel));
  expect(Math.max(...all)).toBe(all[0]);
  expect(Math.min(...all)).toBe(all.at(-1));
});

test('a map is not learnt by a head that gives one answer an image', async () => {
  await expect(train({ ...run, heads: 'pooled' }, { out: path('refused') })).rejects.toMatchObject({
    code: 'unsupported-head',
    message: expect.stringMatching(/\[resnet8\] the head "pooled" does not fit task "distance"/),
  });
});

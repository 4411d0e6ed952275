import { useEngine } from '@overparam/engine';
import { type Backbone, type Balancer, type Dataset, lookup, registerPlugin } from '@overparam/plugin';
import { testBackbone, testBalancer, testDataset, testRoutine, testTask } from '@overparam/plugin/testing';
import { beforeAll, expect, test } from 'vitest';
import { counting } from '../src/counting';
import { dots } from '../src/dots';
import { plugin } from '../src/every-part';
import { halves } from '../src/halves';
import { loudest } from '../src/loudest';
import { small } from '../src/small';
import { summed } from '../src/summed';

beforeAll(async () => {
  await useEngine();
});

testDataset(dots as Dataset, { test, context: { dataDir: 'data' }, options: { train: 20, test: 5 } });

const label = { shape: [], dtype: 'float32' } as const;

const number = counting.make({ name: 'number', kind: 'counting', outputs: 1, label }, { missing: -1 });

testTask(number, {
  test,
  label: (at) => [1 + Math.floor(5 * at)],
  missing: [-1],
});

const head = summed.make({ channels: 4 });
testBackbone(small as Backbone, {
  test,
  options: [{}, { filters: 3 }],
  tasks: [
    { ...number, head },
    { name: 'shade', form: 'class', outputs: 2 },
  ],
});

testRoutine(halves, { test, options: [{}, { share: 0.9 }] });
testBalancer(loudest as Balancer, { test, tasks: [1, 2, 3] });

test('registered, each part is found by its name', () => {
  registerPlugin(plugin);
  const kinds = ['method', 'routine', 'balancer', 'backbone', 'head', 'dataset', 'task'] as const;
  const names = ['scaled', 'halves', 'loudest', 'small', 'summed', 'dots', 'counting'];
  expect(kinds.map((kind, index) => lookup(kind, names[index]!).name)).toEqual(names);
});

test('the images have as many dots as the label says', async () => {
  const { splits } = await dots.open({ train: 30, test: 1, seed: 4 }, { dataDir: 'data' });
  const counts = new Set<number>();
  for (let index = 0; index < 30; index++) {
    const { pixels, count } = await splits.train!.example(index);
    expect(pixels.reduce((sum, pixel) => sum + pixel, 0)).toBe(count);
    counts.add(count);
  }
  expect([...counts].sort()).toEqual([1, 2, 3, 4, 5]);
});

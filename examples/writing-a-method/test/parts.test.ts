import { lookup, registerPlugin } from '@overparam/plugin';
import { expect, test } from 'vitest';
import { dots } from '../src/dots';
import { plugin } from '../src/every-part';

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

import { useEngine } from '@overparam/engine';
import type { Backbone, Balancer, Dataset } from '@overparam/plugin';
import { testBackbone, testBalancer, testDataset, testRoutine, testTask } from '@overparam/plugin/testing';
import { beforeAll, test } from 'vitest';
import { counting } from '../src/counting';
import { dots } from '../src/dots';
import { halves } from '../src/halves';
import { loudest } from '../src/loudest';
import { small } from '../src/small';
import { summed } from '../src/summed';

beforeAll(async () => {
  await useEngine();
}, 60_000);

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

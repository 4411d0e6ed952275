import { useEngine } from '@overparam/engine';
import { testTask } from '@overparam/plugin/testing';
import { beforeAll, test } from 'vitest';
import { myPart } from '../src/my-part';

beforeAll(async () => {
  await useEngine();
}, 60_000);

const label = { shape: [], dtype: 'float32' } as const;
const number = myPart.make({ name: 'number', kind: 'my-part', outputs: 1, label }, { missing: -1 });

testTask(number, { test, label: (at) => [1 + Math.floor(5 * at)], missing: [-1] });

import { useEngine } from '@overparam/engine';
import type { Backbone } from '@overparam/plugin';
import { testBackbone } from '@overparam/plugin/testing';
import { beforeAll, test } from 'vitest';
import { myPart } from '../src/my-part';

beforeAll(async () => {
  await useEngine();
}, 60_000);

testBackbone(myPart as Backbone, {
  test,
  options: [{}, { filters: 3 }],
  tasks: [
    { name: 'number', form: 'vector', outputs: 1 },
    { name: 'shade', form: 'class', outputs: 2 },
  ],
});

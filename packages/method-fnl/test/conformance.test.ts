import { testMethod } from '@overparam/core-reparam/testing';
import { useEngine } from '@overparam/engine';
import { beforeAll, test } from 'vitest';
import { fnl } from '../src';

beforeAll(async () => {
  await useEngine('wasm');
});

testMethod(fnl, {
  test,
  options: [{}, { form: 'wide', rankScale: 3, initialisation: 'kaiming' }, { rankScale: 0.25 }],
});

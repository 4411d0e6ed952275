import { testMethod } from '@overparam/core-reparam/testing';
import { useEngine } from '@overparam/engine';
import { beforeAll, test } from 'vitest';
import { expandnets } from '../src';

beforeAll(async () => {
  await useEngine('wasm');
});

testMethod(expandnets, { test, options: [{}, { rate: 2 }, { form: 'kernels', rate: 2 }] });

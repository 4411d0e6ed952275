import { testMethod } from '@overparam/core-reparam/testing';
import { useEngine } from '@overparam/engine';
import { beforeAll, test } from 'vitest';
import { orepa } from '../src';

beforeAll(async () => {
  await useEngine('wasm');
});

testMethod(orepa, { test, options: [{}, { scales: { prior: 0.25 } }] });

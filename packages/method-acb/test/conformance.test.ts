import { testMethod } from '@overparam/core-reparam/testing';
import { useEngine } from '@overparam/engine';
import { beforeAll, test } from 'vitest';
import { acb } from '../src';

beforeAll(async () => {
  await useEngine('wasm');
});

testMethod(acb, { test, options: [{}, { gamma: 1 / 3 }] });

import { testMethod } from '@overparam/core-reparam/testing';
import { useEngine } from '@overparam/engine';
import { beforeAll, test } from 'vitest';
import { mobileone } from '../src';

beforeAll(async () => {
  await useEngine('wasm');
});

testMethod(mobileone, { test, options: [{}, { branches: 1, scale: false, skip: false }] });

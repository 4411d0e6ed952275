import { testMethod } from '@overparam/core-reparam/testing';
import { useEngine } from '@overparam/engine';
import { beforeAll, test } from 'vitest';
import { doconv } from '../src';

beforeAll(async () => {
  await useEngine('wasm');
});

testMethod(doconv, { test, options: [{}, { multiple: 2 }] });

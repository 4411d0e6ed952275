import { testMethod } from '@overparam/core-reparam/testing';
import { useEngine } from '@overparam/engine';
import { beforeAll, test } from 'vitest';
import { sgs } from '../src';

beforeAll(async () => {
  await useEngine('wasm');
});

testMethod(sgs, { test, options: [{}, { zeros: 'drop', every: 1 }] });

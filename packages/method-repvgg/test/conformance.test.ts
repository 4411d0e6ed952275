import { testMethod } from '@overparam/core-reparam/testing';
import { useEngine } from '@overparam/engine';
import { beforeAll, test } from 'vitest';
import { repvgg } from '../src';

beforeAll(async () => {
  await useEngine('wasm');
});

testMethod(repvgg, { test, options: [{}, { identity: false, decay: 'custom' }] });

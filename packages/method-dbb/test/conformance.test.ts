import { testMethod } from '@overparam/core-reparam/testing';
import { useEngine } from '@overparam/engine';
import { beforeAll, test } from 'vitest';
import { dbb } from '../src';

beforeAll(async () => {
  await useEngine('wasm');
});

testMethod(dbb, { test });
// Fewer updates: every one is of five convolutions a site.
testMethod(dbb, { test, options: [{ internalChannels: 7 }], updates: 10 });

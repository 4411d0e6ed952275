import { testMethod } from '@overparam/core-reparam/testing';
import { useEngine } from '@overparam/engine';
import { beforeAll, test } from 'vitest';
import { trirep } from '../src';

beforeAll(async () => {
  await useEngine('wasm');
});

testMethod(trirep, {
  test,
  options: [
    {},
    { frames: 'unfolded' },
    { scales: false },
    { scales: 'generated', taps: true, normalised: true },
    { fading: 'relu' },
    { frames: 'none', branches: { pointwise: false, identity: false } },
  ],
});

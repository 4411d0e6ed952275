import { testRefusals } from '@overparam/core-reparam/testing';
import { test } from 'vitest';
import { dbb } from '../src';

testRefusals(dbb, {
  test,
  kernels: [
    [[1, 1], 'kernel size 1x1 is not supported'],
    [[3, 2], 'has no centre'],
  ],
  options: [[{ internalChannels: 0 }, 'internalChannels']],
});

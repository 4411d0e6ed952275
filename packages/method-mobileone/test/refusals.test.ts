import { testRefusals } from '@overparam/core-reparam/testing';
import { test } from 'vitest';
import { mobileone } from '../src';

testRefusals(mobileone, {
  test,
  kernels: [
    [[2, 2], 'has no centre'],
    [[3, 4], 'has no centre'],
  ],
  options: [[{ branches: 0 }, 'branches is an integer of at least 1']],
});

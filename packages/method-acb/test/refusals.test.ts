import { testRefusals } from '@overparam/core-reparam/testing';
import { test } from 'vitest';
import { acb } from '../src';

testRefusals(acb, {
  test,
  kernels: [
    [[1, 1], 'kernel size 1x1 is not supported: it has no row'],
    [[4, 4], 'has no centre'],
  ],
  options: [[{ gamma: 0 }, 'gamma']],
});

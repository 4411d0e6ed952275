import { testRefusals } from '@overparam/core-reparam/testing';
import { test } from 'vitest';
import { doconv } from '../src';

testRefusals(doconv, {
  test,
  kernels: [
    [[1, 1], 'kernel size 1x1 is not supported'],
    [[1, 1], 'expected 3x3, 1x3'],
  ],
  options: [[{ multiple: 0.5 }, 'multiple']],
});

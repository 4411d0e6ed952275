import { testRefusals } from '@overparam/core-reparam/testing';
import { test } from 'vitest';
import { sgs } from '../src';

testRefusals(sgs, {
  test,
  kernels: [
    [[1, 1], 'a mask of one number'],
    [[4, 4], 'has no centre'],
  ],
  options: [
    [{ k: 0 }, 'k'],
    [{ every: 0 }, 'every is an integer of at least 1'],
    [{ batches: 0.5 }, 'batches'],
    [
      {
        mask: [
          [0, 0, 0],
          [0, 0, 0],
          [0, 0, 0],
        ],
      },
      'the mask is all zero',
    ],
    [{ mask: [[1, 1], [1]] }, 'not of one length'],
    [{ mask: [[1, -1, 1]] }, '0 or more'],
    [{ mask: [[1, 2, 1]] }, 'its kernel of 3x3 does not fit the mask of 1x3'],
  ],
});

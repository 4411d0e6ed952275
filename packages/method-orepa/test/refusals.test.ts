import { testRefusals } from '@overparam/core-reparam/testing';
import { test } from 'vitest';
import { orepa } from '../src';

testRefusals(orepa, {
  test,
  kernels: [
    [[4, 4], 'has no centre'],
    [[3, 2], 'has no centre'],
  ],
  depthwise: 'four of the six branches mix channels',
  options: [[{ scales: { orign: 1 } }, 'did you mean "origin"']],
});

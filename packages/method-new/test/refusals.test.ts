import { testRefusals } from '@overparam/core-reparam/testing';
import { test } from 'vitest';
import { trirep } from '../src';

testRefusals(trirep, {
  test,
  kernels: [],
  depthwise: 'frames mix channels',
  options: [[{ start: 'elsewhere' }, 'start']],
});

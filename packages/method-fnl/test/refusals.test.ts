import { testRefusals } from '@overparam/core-reparam/testing';
import { test } from 'vitest';
import { fnl } from '../src';

testRefusals(fnl, {
  test,
  kernels: [],
  depthwise: 'nothing to factorise',
  options: [[{ start: 'elsewhere' }, 'start']],
});

import { testRefusals } from '@overparam/core-reparam/testing';
import { trirep } from '../src';

testRefusals(trirep, {
  kernels: [],
  depthwise: 'frames mix channels',
  options: [[{ start: 'elsewhere' }, 'start']],
});

import { testRefusals } from '@overparam/core-reparam/testing';
import { fnl } from '../src';

testRefusals(fnl, {
  kernels: [],
  depthwise: 'nothing to factorise',
  options: [[{ start: 'elsewhere' }, 'start']],
});

import { testRefusals } from '@overparam/core-reparam/testing';
import { parseOptions } from '@overparam/plugin';
import { expect, test } from 'vitest';
import { expandnets } from '../src';

test.each([0, -1, 1.5, 17])('a rate of %s is refused by name', (rate) => {
  expect(() => parseOptions(expandnets.options, { rate }, 'expandnets')).toThrow('option "rate"');
});

testRefusals(expandnets, {
  test,
  kernels: [],
  options: [
    [{ form: 'kernels' }, 'is no cascade of 3x3 kernels'],
    [{ form: 'kernels', start: 'preserve' }, 'start "preserve" needs form "layers"'],
  ],
});

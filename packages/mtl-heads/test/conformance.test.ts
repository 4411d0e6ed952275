import { lookup, registerPlugin } from '@overparam/core-reparam';
import { testBalancer } from '@overparam/core-reparam/testing';
import { expect, test } from 'vitest';
import { plugin } from '../src/index';

const options: Readonly<Record<string, readonly unknown[]>> = {
  static: [{ weights: { first: 1, second: 0.5, third: 2 } }],
  dwa: [{}, { temperature: 1 }],
  cagrad: [{}, { c: 0 }],
  mgda: [{}, { normalise: 'length' }, { normalise: 'loss' }, { normalise: 'lossTimesLength' }],
  'aligned-mtl': [{}, { scale: 'median' }, { scale: 'rmse' }],
  'nash-mtl': [{}, { maxLength: null, heads: 'unweighted' }],
  'db-mtl': [{}, { beta: 0 }, { beta: 0.9, betaDecay: 0.5 }],
};

for (const balancer of plugin.balancers!) {
  testBalancer(balancer, {
    test,
    options: options[balancer.name],
    tasks: balancer.name === 'static' ? [3] : [1, 2, 5],
  });
}

test('a config finds each balancer by its name', () => {
  registerPlugin(plugin);
  for (const name of (
    'equal static uncertainty dwa rlw gls gradnorm pcgrad gradvac cagrad mgda imtl-g nash-mtl aligned-mtl famo ' +
    'db-mtl upgrad'
  ).split(' ')) {
    expect(lookup('balancer', name).name).toBe(name);
  }
});

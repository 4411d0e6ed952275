import { type Balancer, lookup, registerPlugin } from '@overparam/plugin';
import { testBalancer } from '@overparam/plugin/testing';
import { expect, test } from 'vitest';
import { equal, plugin, uncertainty } from '../src/index';

const options: Readonly<Record<string, readonly unknown[]>> = {
  static: [{ weights: { first: 1, second: 0.5, third: 2 } }],
  dwa: [{}, { temperature: 1 }],
  cagrad: [{}, { c: 0 }],
  mgda: [{}, { normalise: 'length' }, { normalise: 'loss' }, { normalise: 'lossTimesLength' }],
  'aligned-mtl': [{}, { scale: 'median' }, { scale: 'rmse' }],
  'nash-mtl': [{}, { maxLength: null, heads: 'unweighted' }],
  'db-mtl': [{}, { beta: 0 }, { beta: 0.9, betaDecay: 0.5 }],
  'norm-equalise': [{}, { maxLength: null }, { exponent: 0, maxLength: null }, { exponent: 0.75 }],
  fairgrad: [{}, { alpha: 2 }, { alpha: 0.5, maxLength: null }],
  stch: [{}, { warmup: 1 }, { mu: 0.1, warmup: 0 }],
  go4align: [{}, { groups: 1 }, { groups: 5, rate: 0.01 }],
  'imtl-l': [{ rate: 0.01 }],
  sdmgrad: [{}, { lambda: 0, maxLength: null }],
  modo: [{}, { gamma: 0.1 }],
  graddrop: [{}, { leak: 0.5 }, { leak: 1 }],
  'cr-mogm': [
    {},
    { of: 'upgrad', alpha: 0 },
    { of: { name: 'gradvac', beta: 0.1 } },
    { of: 'famo' },
    { of: 'db-mtl', alpha: 0.5 },
    { of: 'sdmgrad' },
  ],
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
    'db-mtl upgrad norm-equalise fairgrad stch imtl-l go4align config dualproj sdmgrad modo graddrop cr-mogm'
  ).split(' ')) {
    expect(lookup('balancer', name).name).toBe(name);
  }
});

test.each<[string, Partial<Balancer>, RegExp]>([
  [
    'weighs absent tasks',
    { weights: ({ losses }) => ({ weights: losses.map(() => 1), heads: losses.map(() => 1), state: {} }) },
    /not all weights are 0/,
  ],
  [
    'changes its state in place',
    {
      initialise: () => ({ seen: [0] }),
      weights(inputs, present, state, given) {
        (state.seen as number[])[0]!++;
        return { ...equal.weights(inputs, present, state, {}), ...(given as object) };
      },
    },
    /read only/,
  ],
  [
    'asks for losses after the step and does nothing with them',
    { needs: () => ['lossesAfterStep'] },
    /no afterStep/,
  ],
  [
    'claims to harm no task',
    { properties: () => ({ harmless: 'always', linear: true, symmetric: true }) },
    /declares to be harmless with independent gradients, and a problem contradicts it/,
  ],
  [
    'says too little of itself',
    { properties: () => ({ harmless: 'no', linear: false, symmetric: true }) },
    /denies to be linear, and no problem contradicts it/,
  ],
  [
    'claims to see no order and weighs the first task alone',
    {
      properties: () => ({ harmless: 'no', linear: true, symmetric: true }),
      weights: ({ losses }, present) => {
        const weights = losses.map((_, task) => (task === 0 && present[0] ? 1 : 0));
        return { weights, heads: weights, state: {} };
      },
    },
    /declares to be symmetric, and a problem contradicts it/,
  ],
  [
    'learns from what is not finite',
    {
      initialise: () => ({ sum: 0 }),
      weights: (inputs, present, state) => ({
        ...equal.weights(inputs, present, state, {}),
        state: { sum: Number(state.sum) + inputs.losses.reduce((a, b) => a + b, 0) },
      }),
    },
    /not a finite number/,
  ],
])('the kit finds a balancer that %s', (_, fault, message) => {
  const failures: string[] = [];
  const run = (_name: string, body: () => void | Promise<void>) => {
    try {
      void body();
    } catch (error) {
      failures.push(String(error));
    }
  };
  testBalancer({ ...equal, ...fault } as Balancer, { test: run });
  expect(failures.join('\n')).toMatch(message);
  failures.length = 0;
  testBalancer(uncertainty, { test: run });
  expect(failures).toEqual([]);
});

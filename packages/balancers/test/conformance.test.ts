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

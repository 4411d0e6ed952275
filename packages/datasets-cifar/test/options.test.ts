import { checkOptions, optionNames, parseOptions } from '@overparam/plugin';
import { expect, test } from 'vitest';
import { cifar10, cifar100, cifar100Sample, plugin } from '../src/index';

test('the plugin names the three datasets', () => {
  expect(plugin.datasets!.map(({ name }) => name)).toEqual(['cifar10', 'cifar100', 'cifar100-sample']);
});

test('defaults are those of the usual CIFAR recipe', () => {
  expect(parseOptions(cifar100.options, {})).toEqual({
    labels: 'fine',
    normalise: { mean: [0.50707516, 0.48654887, 0.44091784], std: [0.26733429, 0.25643846, 0.27615047] },
    augmentation: { padding: 4, flip: true },
    holdOut: 0,
    holdOutSeed: 0,
    limit: {},
    url: 'https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz',
  });
  expect(parseOptions(cifar10.options, {}).url).toBe(
    'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
  );
});

test('a part of a nested option leaves the rest at its default', () => {
  const options = parseOptions(cifar100Sample.options, {
    augmentation: { flip: false },
    normalise: { mean: [0, 0, 0] },
  });
  expect(options.augmentation).toEqual({ padding: 4, flip: false });
  expect(options.normalise).toEqual({ mean: [0, 0, 0], std: [0.26733429, 0.25643846, 0.27615047] });
});

test.each([
  [{ labels: 'medium' }],
  [{ normalise: { std: [0, 1, 1] } }],
  [{ normalise: { mean: [0, 0] } }],
  [{ augmentation: { padding: -1 } }],
  [{ augmentation: { pading: 4 } }],
  [{ holdOut: 1.5 }],
  [{ limit: { train: 0 } }],
  [{ url: 'file:///etc/passwd' }],
  [{ hold_out: 5 }],
])('refuses %j', (options) => {
  expect(checkOptions(cifar100.options, options).problems).toHaveLength(1);
});

test('the schemas can be given to editors', () => {
  for (const dataset of plugin.datasets!) {
    expect(optionNames(dataset.options)).toContain('holdOut');
  }
});

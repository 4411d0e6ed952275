import { cifar100Sample } from '@overparam/datasets-cifar';
import { expect, test } from 'vitest';
import { isOver, withOptions } from '../../src/index';
import { engines } from '../support/engines';
import { openRun } from '../support/runs';
import { type Setup, tiny } from '../support/setups';
import { trainedWith } from './interrupted';

const engine = engines[0]!;
const epochs = (...losses: (number | null)[]) =>
  losses.map((loss) => ({ val: { loss: loss as number, byTask: {} } }));

test('epochs without a better loss are counted in a row', () => {
  const two = { patience: 2, least: 0 };
  expect(isOver(two, epochs(3, 2, 2.5))).toBe(false);
  expect(isOver(two, epochs(3, 2, 2.5, 2.1))).toBe(true);
  expect(isOver(two, epochs(3, 2, 2.5, 1.9, 2))).toBe(false);
  // An equal loss is no better one, and neither is one that is no number.
  expect(isOver(two, epochs(3, 3, 3))).toBe(true);
  expect(isOver(two, epochs(3, Number.NaN, Number.NaN))).toBe(true);
  expect(isOver({ patience: 1, least: 0.5 }, epochs(3, 2.6))).toBe(true);
  expect(isOver({ patience: 1, least: 0.5 }, epochs(3, 2.4))).toBe(false);
  expect(isOver(null, epochs(1, 2, 3, 4))).toBe(false);
  expect(isOver(two, [])).toBe(false);
});

const setup: Setup = {
  ...tiny,
  dataset: withOptions(cifar100Sample, { holdOut: 10 }),
  epochs: 6,
  // No loss is ever so much better.
  earlyStopping: { patience: 2, least: 100 },
};

test('a run ends early, and does so when it is gone on with', async () => {
  const whole = await trainedWith(setup, engine, null);
  expect(whole.progress.history).toHaveLength(3);
  const again = await trainedWith(setup, engine, 5);
  expect(again.values).toEqual(whole.values);
  expect(again.progress.history).toEqual(whole.progress.history);
  const longer = await trainedWith({ ...setup, earlyStopping: null, epochs: 4 }, engine, null);
  expect(longer.progress.history).toHaveLength(4);
});

test('without a split to stop by it is refused', async () => {
  await expect(openRun({ ...setup, dataset: tiny.dataset })).rejects.toThrow(
    /earlyStopping needs a split "val".*dataset.holdOut/,
  );
});

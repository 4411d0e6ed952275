import { describe, expect, test } from 'vitest';
import {
  choose,
  completeSweep,
  drawSettings,
  nextTrials,
  rungEpochs,
  type SweepConfig,
  type SweptRow,
  shortfalls,
  type Tried,
} from '../src';

/** Tries all that a sweep asks for on a function that is known, and tells what was tried and chosen. */
function run(
  config: SweepConfig,
  // biome-ignore lint/suspicious/noExplicitAny: a test knows which keys it sweeps over.
  measure: (setting: any, epochs: number) => number | null,
  row: Partial<SweptRow> = {},
) {
  const sweep = completeSweep(config, [0]);
  const swept: SweptRow = { over: sweep.over, epochs: 9, directions: ['lower'], ...row };
  const tried: Tried[] = [];
  const rounds: number[] = [];
  for (let next = nextTrials(sweep, swept, tried); next.length > 0; next = nextTrials(sweep, swept, tried)) {
    rounds.push(next.length);
    expect(rounds.length).toBeLessThan(20);
    for (const trial of next) {
      const value = measure(trial.setting, trial.epochs ?? swept.epochs);
      tried.push({
        ...trial,
        figures: value === null ? null : [value],
        failure: value === null ? 'NaN' : null,
      });
    }
  }
  return { tried, rounds, choice: choose(sweep, swept, tried), sweep };
}

const valuesOf = (tried: readonly Tried[], key: string) => tried.map(({ setting }) => setting[key]);

describe('a grid', () => {
  test('tries every combination once and chooses the lowest', () => {
    const { tried, rounds, choice } = run(
      { over: { lr: [1, 2, 3], rank: ['a', 'b'] }, grow: { most: 0 } },
      ({ lr, rank }) => Math.abs(lr - 2) + (rank === 'b' ? 0 : 1),
    );
    expect(rounds).toEqual([6]);
    expect(tried.map(({ setting }) => JSON.stringify(setting))).toEqual(
      [1, 2, 3].flatMap((lr) => ['a', 'b'].map((rank) => JSON.stringify({ lr, rank }))),
    );
    expect(choice).toEqual({ setting: { lr: 2, rank: 'b' }, figures: [0], grown: [], edges: [] });
  });

  test('grows geometrically towards the best, as far as it may, and says where it stopped', () => {
    const towards =
      (best: number) =>
      ({ lr }: Record<'lr', number>) =>
        Math.abs(Math.log(lr / best));
    const inside = run({ over: { lr: [0.03, 0.1, 0.3] } }, towards(0.8));
    expect(valuesOf(inside.tried, 'lr')).toEqual([0.03, 0.1, 0.3, 0.9, 2.7]);
    expect(inside.choice).toMatchObject({
      setting: { lr: 0.9 },
      grown: [{ key: 'lr', added: [0.9, 2.7] }],
      edges: [],
    });
    const low = run({ over: { lr: [0.3, 0.1] }, grow: { most: 3 } }, towards(1e-9));
    expect(valuesOf(low.tried, 'lr')).toEqual([0.3, 0.1, 0.03333, 0.01111, 0.003703]);
    expect(low.choice.edges).toEqual([{ key: 'lr', side: 'low' }]);
    expect(run({ over: { lr: [0.1, 0.3] }, grow: { most: 0 } }, towards(9)).choice.edges).toHaveLength(1);
  });

  test('a new value is tried with every value of the other keys', () => {
    const { tried, choice } = run(
      { over: { lr: [1, 2], decay: [0, 1, 2] } },
      ({ lr, decay }) => Math.abs(lr - 4) + Math.abs(decay - 1),
    );
    expect(tried).toHaveLength(4 * 3);
    expect(choice.grown).toEqual([{ key: 'lr', added: [4, 8] }]);
    expect(choice.setting).toEqual({ lr: 4, decay: 1 });
  });

  test('goes on by steps where values may be 0 or it is told to, and by whole numbers where all are', () => {
    const highest = (key: string) => (setting: Record<string, number>) => -setting[key]!;
    expect(valuesOf(run({ over: { a: [0, 0.5, 1] } }, highest('a')).tried, 'a')).toEqual([0, 0.5, 1, 1.5, 2]);
    const told = run({ over: { a: [1, 3] }, grow: { most: 1, scale: 'arithmetic' } }, highest('a'));
    expect(valuesOf(told.tried, 'a')).toEqual([1, 3, 5]);
    const lowest = run({ over: { rank: [1, 2, 4] } }, ({ rank }) => rank);
    // Half of one is no whole number, and rounds to what is there.
    expect(valuesOf(lowest.tried, 'rank')).toEqual([1, 2, 4]);
    expect(lowest.choice.edges).toEqual([{ key: 'rank', side: 'low' }]);
  });

  test('a setting that failed is worst, and the grid does not grow beyond it', () => {
    const { tried, choice } = run({ over: { lr: [0.1, 0.3] } }, ({ lr }) => (lr > 0.5 ? null : -lr));
    expect(valuesOf(tried, 'lr')).toEqual([0.1, 0.3, 0.9]);
    expect(choice).toMatchObject({ setting: { lr: 0.3 }, edges: [] });
    expect(run({ over: { lr: [0.1, 0.3] } }, () => null).choice).toMatchObject({
      setting: null,
      figures: null,
    });
  });

  test('of equally good settings the one with the smaller values is chosen', () => {
    const { choice } = run({ over: { lr: [3, 1, 2], way: ['y', 'x'] }, grow: { most: 0 } }, () => 5);
    expect(choice.setting).toEqual({ lr: 1, way: 'y' });
  });

  test('what is tried does not depend on the order in which results come in', () => {
    const sweep = completeSweep({ over: { lr: [0.1, 0.3, 1], decay: [1, 2] } }, [0]);
    const row: SweptRow = { over: sweep.over, epochs: 3, directions: ['higher'] };
    const first = nextTrials(sweep, row, []).map(
      (trial): Tried => ({ ...trial, figures: [trial.setting.lr as number], failure: null }),
    );
    const next = nextTrials(sweep, row, first);
    expect(next.map(({ setting }) => setting.lr)).toEqual([3.333, 3.333]);
    expect(nextTrials(sweep, row, first.toReversed())).toEqual(next);
    // Half of the runs done, the other half is left.
    expect(nextTrials(sweep, row, first.slice(0, 2))).toHaveLength(4);
  });
});

describe('several figures', () => {
  test('count alike whatever their unit and direction', () => {
    // Shares of the best: (0, 1 - 30/40), (2/1 - 1, 0) and (1/4, 1/8).
    const far = shortfalls([[1, 30], [2, 40], null, [1.25, 35]], ['lower', 'higher']);
    expect(far).toEqual([0.125, 0.5, null, 0.1875]);
    expect(shortfalls([[0], [3]], ['higher'])).toEqual([-0, -3]);
  });
});

describe('settings that are drawn', () => {
  const over = { lr: { from: 0.01, to: 1, scale: 'log', integer: false }, rank: [1, 2, 4] } as const;

  test('lie in their ranges, evenly in the logarithm, and are the same each time', () => {
    const drawn = drawSettings(over, 400, 5);
    expect(drawSettings(over, 400, 5)).toEqual(drawn);
    expect(drawSettings(over, 10, 5)).toEqual(drawn.slice(0, 10));
    expect(drawSettings(over, 10, 6)).not.toEqual(drawn.slice(0, 10));
    const rates = drawn.map(({ lr }) => lr as number);
    expect(Math.min(...rates)).toBeGreaterThanOrEqual(0.01);
    expect(Math.max(...rates)).toBeLessThanOrEqual(1);
    // Half of them below the geometric middle: 200 with a deviation of 10.
    expect(Math.abs(rates.filter((rate) => rate < 0.1).length - drawn.length / 2)).toBeLessThan(50);
    expect(new Set(drawn.map(({ rank }) => rank)).size).toBe(3);
  });

  test('a row without a key draws the same values of the others; what is drawn twice is tried once', () => {
    const rates = drawSettings({ lr: over.lr }, 10, 5).map(({ lr }) => lr);
    expect(drawSettings(over, 10, 5).map(({ lr }) => lr)).toEqual(rates);
    expect(drawSettings({ rank: [1, 2] }, 50, 0)).toHaveLength(2);
    const { rounds } = run(
      { over: { lr: { from: 1, to: 2 } }, strategy: { name: 'random', settings: 7 } },
      ({ lr }) => lr,
    );
    expect(rounds).toEqual([7]);
  });
});

describe('successive halving', () => {
  test('trains the best of each rung for longer, and chooses among the longest runs', () => {
    const { tried, rounds, choice } = run(
      { over: { lr: [1, 2, 3, 4, 5, 6, 7, 8, 9] }, strategy: 'halving' },
      // What is best after an epoch is not what is best in the end.
      ({ lr }, epochs) => (epochs === 1 ? lr : Math.abs(lr - 3)),
    );
    expect(rounds).toEqual([9, 3, 1]);
    expect(tried.map(({ epochs }) => epochs)).toEqual([...Array(9).fill(1), 3, 3, 3, 9]);
    expect(choice).toEqual({ setting: { lr: 3 }, figures: [0], grown: [], edges: [] });
  });

  test('settings that failed do not go on', () => {
    const { tried, choice } = run(
      { over: { lr: [1, 2, 3, 4] }, strategy: { name: 'halving', factor: 2 }, epochs: 4 },
      ({ lr }) => (lr === 4 ? -lr : null),
    );
    expect(tried.map(({ setting, epochs }) => [setting.lr, epochs])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 1],
      [4, 2],
      [4, 4],
    ]);
    expect(choice.setting).toEqual({ lr: 4 });
  });

  test('needs room for two rungs', () => {
    const halving = { name: 'halving', factor: 3, rungs: null, settings: null, seed: 0 } as const;
    expect(rungEpochs(halving, 27, 10)).toEqual([1, 3, 10]);
    expect(rungEpochs({ ...halving, rungs: 2 }, 27, 10)).toEqual([3, 10]);
    expect(() => rungEpochs(halving, 2, 10)).toThrow(/has room for 1 rung, and needs 2/);
    expect(() => rungEpochs({ ...halving, rungs: 4 }, 27, 10)).toThrow(/room for 3 rungs, and 4 were asked/);
  });
});

describe('what makes no sweep', () => {
  const lr = [0.1, 0.3];
  test.each<[string, SweepConfig, RegExp]>([
    ['a grid of one', { over: { lr: [0.1] } }, /over\.lr: 0\.1 alone is no choice/],
    ['nothing to choose', { over: {} }, /nothing to choose among/],
    ['a value twice', { over: { lr: [0.1, 0.1] } }, /0\.1 stands twice/],
    ['a range in a grid', { over: { lr: { from: 1, to: 2 } } }, /a grid takes lists/],
    [
      'a range backwards',
      { over: { lr: { from: 2, to: 1 } }, strategy: { name: 'random', settings: 3 } },
      /`from` below `to`/,
    ],
    [
      'a range of logarithms below 0',
      { over: { lr: { from: 0, to: 1 } }, strategy: { name: 'random', settings: 3 } },
      /above 0 on a log scale/,
    ],
    ['seeds that overlap', { over: { lr }, seeds: [5, '4'] }, /4 is of the comparison too.*such as 6/],
    ['random without a number', { over: { lr }, strategy: 'random' }, /how many settings/],
    [
      'edges of what has none',
      { over: { lr }, strategy: 'halving', grow: { most: 1 } },
      /only a grid has edges/,
    ],
    ['epochs twice', { over: { epochs: [1, 2] }, epochs: 3 }, /Leave one of the two out/],
  ])('%s', (_, config, message) => {
    expect(() => completeSweep(config, [3, 4])).toThrow(message);
  });

  test('seeds that choose are others by themselves', () => {
    expect(completeSweep({ over: { lr } }, [3, '7', 1]).seeds).toEqual([8]);
    expect(completeSweep({ over: { lr } }, ['18446744073709551615']).seeds).toEqual([0]);
  });
});

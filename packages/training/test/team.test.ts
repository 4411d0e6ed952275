import { keyFromSeed, shareOf } from '@overparam/engine';
import { expect, test } from 'vitest';
import { checkTeam, reestimateNorms, type Team, trainingBatches } from '../src/index';
import { closeRun, openRun } from './support/runs';
import { tiny } from './support/setups';

const team: Team = { count: 3, index: 1, norms: 'own', gradients: 'float32' };

test('what workers cannot do as one process would is refused by name', async () => {
  const run = await openRun(tiny);
  const { recipe } = run.plan;
  expect(() => checkTeam(team, recipe)).not.toThrow();
  const never = { norms: null, gains: null, shapes: null };
  expect(() => checkTeam(team, { ...recipe, layerRecords: { ...never, norms: 1 } })).not.toThrow();
  for (const [change, words] of [
    [{ batch: 2 }, /batch: 2 has fewer examples than there are workers \(3\)/],
    [{ following: { what: 'norms', records: [] } }, /follows changes weights by the records of another run/],
    [{ layerRecords: { ...never, gains: 1 } }, /layerRecords\.gains/],
  ] as const) {
    const refusal = () => checkTeam(team, { ...recipe, ...change });
    expect(refusal).toThrow(expect.objectContaining({ code: 'workers-unsupported' }));
    expect(refusal).toThrow(words);
    expect(() => checkTeam(null, { ...recipe, ...change })).not.toThrow();
  }
  await closeRun(run);
});

test('statistics of averaged weights are those of whole batches, on every worker', async () => {
  const run = await openRun(tiny);
  const { dataset, recipe } = run.plan;
  const { network } = run.state.trained;
  const statisticsBy = async (index: number | null) => {
    const share = index === null ? null : shareOf({ ...team, index }, recipe.batch);
    const batches = trainingBatches(dataset, { key: recipe.key, batch: 8, size: 24, share });
    await reestimateNorms(network, { batches, from: 0, count: 3, key: keyFromSeed(2) });
    return network.states.map(({ variable }) => [...variable.dataSync()]);
  };
  const alone = await statisticsBy(null);
  expect(alone.flat().every(Number.isFinite)).toBe(true);
  for (const index of [0, 1, 2]) expect(await statisticsBy(index)).toEqual(alone);
  await closeRun(run);
});

import { segnetMtan } from '@overparam/backbones';
import { trirep } from '@overparam/method-new';
import { alternating, joint } from '@overparam/routines';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type EpochRecord, type EpochTiming, withOptions } from '../src/index';
import { PhaseSteps } from '../src/phase-steps';
import { finish, openRun } from './support/runs';
import { type Setup, tinyScenes } from './support/setups';

afterEach(() => vi.restoreAllMocks());

/** Runs one epoch of so small a learning rate that the network stays as it is; gives what is written about it. */
async function epochOf(changes: Partial<Setup>): Promise<{ record: EpochRecord; timing: EpochTiming }> {
  const run = await openRun({
    ...tinyScenes,
    lr: 1e-30,
    epochs: 1,
    limit: { train: 2, test: 1 },
    ...changes,
  });
  let timing: EpochTiming | null = null;
  const { history } = await finish(run, () => ({
    onEpoch(_progress, _trained, written) {
      timing = written;
    },
  }));
  return { record: history[0]!, timing: timing! };
}

const pairs = ['segmentation/depth', 'segmentation/normals', 'depth/normals'];

function expectSameCosines(found: EpochRecord, expected: EpochRecord): void {
  expect(Object.keys(found.train.cosines!)).toEqual(pairs);
  for (const pair of pairs) {
    expect(found.train.cosines![pair]).not.toBe(0);
    expect(found.train.cosines![pair]).toBeCloseTo(expected.train.cosines![pair]!, 5);
  }
}

describe('cosines that no balancer asked for', () => {
  test.each<[string, Partial<Setup>]>([
    ['a backbone without a border', { backbone: withOptions(segnetMtan, { width: 4 }) }],
    ['a trunk for each task', { method: withOptions(trirep, { multiTask: 'perTask' }) }],
  ])('are those on parameters where nothing is shared but them: %s', async (_, changes) => {
    const { record } = await epochOf({ ...changes, gradients: 'representation' });
    expectSameCosines(record, (await epochOf({ ...changes, gradients: 'parameters' })).record);
  });

  test('are on all shared parameters, whichever phase ends the epoch', async () => {
    const method = withOptions(trirep, { frames: 'channel' });
    const { record } = await epochOf({ method, routine: alternating });
    expect(record.phases).toEqual({ 'core:segmentation': 1 });
    expectSameCosines(record, (await epochOf({ method, routine: joint })).record);
  });

  test('do not count as time of training', async () => {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const sample = PhaseSteps.prototype.sampleGramian;
    const spy = vi.spyOn(PhaseSteps.prototype, 'sampleGramian').mockImplementation(function (
      this: PhaseSteps,
      ...given
    ) {
      now += 1e6;
      return sample.apply(this, given);
    });
    const { timing } = await epochOf({});
    expect(spy).toHaveBeenCalledTimes(1);
    expect(timing.trainSeconds).toBe(0);
  });
});

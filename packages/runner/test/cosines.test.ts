import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ConfigFile } from '../src/config/schema';
import type { MetricsLine, TimingLine } from '../src/run/files';
import { TrainingLoop } from '../src/train/loop';
import { disposeTrained } from '../src/train/stage';
import { Updater } from '../src/train/update';
import { beginningOf, openSession } from './support/session';
import { tinyScenes } from './support/tiny';

afterEach(() => vi.restoreAllMocks());

/** Runs one epoch of so small a learning rate that the network stays as it is; gives what is written about it. */
async function epochOf(changes: ConfigFile): Promise<{ line: MetricsLine; timing: TimingLine }> {
  const { session, trained } = await openSession({
    ...tinyScenes,
    lr: 1e-30,
    epochs: 1,
    limit: { train: 2, test: 1 },
    ...changes,
  });
  let timing: TimingLine | null = null;
  const listeners = {
    onUpdate: () => {},
    onEpoch: async (_: unknown, __: unknown, written: TimingLine) => {
      timing = written;
    },
    onStop: async () => {},
  };
  const loop = new TrainingLoop(session, trained, beginningOf(session), listeners, undefined);
  try {
    await loop.run();
    return { line: loop.progress.history[0]!, timing: timing! };
  } finally {
    loop.dispose();
    disposeTrained(loop.trained);
    await session.dataset.close();
  }
}

const pairs = ['segmentation/depth', 'segmentation/normals', 'depth/normals'];

function expectSameCosines(found: MetricsLine, expected: MetricsLine): void {
  expect(Object.keys(found.cosines!)).toEqual(pairs);
  for (const pair of pairs) {
    expect(found.cosines![pair]).not.toBe(0);
    expect(found.cosines![pair]).toBeCloseTo(expected.cosines![pair]!, 5);
  }
}

describe('cosines that no balancer asked for', () => {
  test.each([
    ['a backbone without a border', { backbone: { name: 'segnet-mtan', width: 4 } }],
    ['a trunk for each task', { method: { name: 'trirep', multiTask: 'perTask' } }],
  ] as [string, ConfigFile][])(
    'are those on parameters where nothing is shared but them: %s',
    async (_, changes) => {
      const { line } = await epochOf({ ...changes, gradients: 'representation' });
      expectSameCosines(line, (await epochOf({ ...changes, gradients: 'parameters' })).line);
    },
  );

  test('are on all shared parameters, whichever phase ends the epoch', async () => {
    const routed: ConfigFile = { method: 'trirep' };
    const { line } = await epochOf({ ...routed, routine: 'alternating' });
    expect(line.phases).toEqual({ 'core:segmentation': 1 });
    expectSameCosines(line, (await epochOf({ ...routed, routine: 'joint' })).line);
  });

  test('do not count as time of training', async () => {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const sample = Updater.prototype.sampleGramian;
    const spy = vi.spyOn(Updater.prototype, 'sampleGramian').mockImplementation(function (
      this: Updater,
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

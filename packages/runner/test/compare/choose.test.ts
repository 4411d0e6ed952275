import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunConfig } from '@overparam/config';
import { OverparamError } from '@overparam/errors';
import type { Outcome } from '@overparam/launchers';
import type { FigureSpec } from '@overparam/report';
import { completeSweep, type Setting, type SweepConfig } from '@overparam/sweep';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { chooseSettings, type SweptRow, type TrialMaker } from '../../src/compare/choose';
import type { PlannedRun } from '../../src/compare/plan';
import { completed } from '../support/plan';
import { temporaryFolder, tiny } from '../support/tiny';

const path = temporaryFolder();
const metrics: FigureSpec[] = [{ task: 'class', name: 'top1Error', direction: 'lower', unit: '%' }];

async function rowOf(index: number, label: string): Promise<SweptRow> {
  const config = { ...(await completed(tiny)), label };
  return {
    index,
    config,
    over: { lr: [0.1, 0.3] },
    metrics,
    async configWith(setting: Setting): Promise<RunConfig> {
      const peak = setting.lr as number;
      if (peak > 2) throw new OverparamError('invalid-config', `lr: ${peak} is too much`);
      return { ...config, lr: { ...config.lr, peak } };
    },
  };
}

/** Leaves the folder that a run of this error would; of a rate above 0.85 in the row `breaks`, none. */
function leaveRun({ config, folder, label }: PlannedRun): Outcome {
  const { peak } = config.lr;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.yaml'), stringify(config));
  if (label.startsWith('breaks') && peak > 0.85) {
    return { kind: 'failed', message: 'The loss became NaN at update 3.' };
  }
  const best = label.startsWith('never') ? 1e9 : 0.9;
  const top1Error = 50 + 10 * Math.abs(Math.log10(peak / best)) + Number(config.seed) / 100;
  const scores = { loss: 1, byTask: { class: { loss: 1, figures: { top1Error } } } };
  const result = {
    label,
    method: 'plain',
    routine: 'joint',
    seed: config.seed,
    epochs: 2,
    batch: 8,
    updates: 10,
    metrics,
    final: scores,
    collapsed: scores,
    choices: { last: scores, meanOfLast: { epochs: 2, scores }, best: null },
    deployMultiplyAdds: 1,
    deployNetworks: 1,
    collapseGap: 0,
    collapseTolerance: 1e-4,
    layers: [],
    stages: [{ stage: 'plain', from: 0 }],
    trainParameters: 1,
    deployParameters: 1,
  };
  writeFileSync(
    join(folder, 'timings.jsonl'),
    `${JSON.stringify({ epoch: 1, trainSeconds: 2, testSeconds: 0.5 })}\n`,
  );
  writeFileSync(join(folder, 'result.json'), JSON.stringify(result));
  return { kind: 'finished' };
}

/** Makes runs; after some, it is stopped. */
function makerIn(out: string, most = Number.POSITIVE_INFINITY) {
  const controller = new AbortController();
  const made: string[] = [];
  const maker: TrialMaker = {
    out,
    check: async () => {},
    signal: controller.signal,
    async train(runs) {
      return runs.map((run): Outcome => {
        if (controller.signal.aborted) return { kind: 'stopped' };
        made.push(`${run.label} seed ${run.seed}`);
        if (made.length >= most) controller.abort();
        return leaveRun(run);
      });
    },
  };
  return { maker, made };
}

const sweepOf = (config: Partial<SweepConfig> = {}) =>
  completeSweep({ over: { lr: [0.1, 0.3] }, seeds: [5, 7], grow: { most: 4 }, ...config }, [0, 1]);

describe('choosing', () => {
  test('each row gets its best, failures and refusals count as worst and are named', async () => {
    const rows = [await rowOf(0, 'grows'), await rowOf(1, 'breaks'), await rowOf(2, 'never inside')];
    const { maker, made } = makerIn(path('first'));
    const chosen = (await chooseSettings(sweepOf(), rows, maker))!;
    expect(chosen.rows.map(({ setting }) => setting)).toEqual([{ lr: 0.9 }, { lr: 0.3 }, { lr: 0.9 }]);
    // The mean over the seeds 5 and 7 of what each ends with.
    expect(chosen.rows[0]!.figures!.class!.top1Error).toBeCloseTo(50.06, 10);
    expect(chosen.rows[1]!.tried.at(-1)).toMatchObject({
      setting: { lr: 0.9 },
      figures: null,
      failure: 'The loss became NaN at update 3.',
    });
    expect(chosen.rows[1]!.edges).toEqual([]);
    // 2.7 is none that the row can have: its config says so, and no run was made.
    expect(chosen.rows[2]!.tried.at(-1)).toMatchObject({
      setting: { lr: 2.7 },
      failure: 'lr: 2.7 is too much',
    });
    expect(chosen.rows[0]!.cost).toEqual({ runs: 6, updates: 60, seconds: 15 });
    expect(made).toHaveLength(18);
    expect(made[0]).toBe('grows, lr 0.1 seed 5');
  });

  test('stopped after any number of runs and gone on with, it chooses the same byte for byte', async () => {
    const rows = [await rowOf(0, 'grows'), await rowOf(1, 'breaks')];
    const whole = JSON.stringify(await chooseSettings(sweepOf(), rows, makerIn(path('whole')).maker));
    for (let most = 1; most <= 12; most++) {
      const out = path(`stopped-${most}`);
      expect(await chooseSettings(sweepOf(), rows, makerIn(out, most).maker)).toBeNull();
      expect(JSON.stringify(await chooseSettings(sweepOf(), rows, makerIn(out).maker))).toBe(whole);
    }
  });

  test('a setting that the sweep lists and a row cannot have ends it', async () => {
    const sweep = sweepOf({ over: { lr: [1, 3] } });
    const row = { ...(await rowOf(0, 'grows')), over: sweep.over };
    await expect(chooseSettings(sweep, [row], makerIn(path('refused')).maker)).rejects.toThrow(
      /3 is too much/,
    );
  });

  test('a row whose settings all fail has no choice', async () => {
    const sweep = sweepOf({
      over: { lr: [0.9, 1.8] },
      strategy: { name: 'random', settings: 9 },
      grow: undefined,
    });
    const row = { ...(await rowOf(0, 'breaks')), over: sweep.over };
    const chosen = await chooseSettings(sweep, [row], makerIn(path('none')).maker);
    expect(chosen!.rows[0]).toMatchObject({ setting: null, figures: null });
    expect(chosen!.rows[0]!.tried).toHaveLength(2);
  });
});

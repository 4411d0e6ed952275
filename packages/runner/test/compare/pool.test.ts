import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunConfig } from '@overparam/config';
import { localLauncher, runPool, trainInChild } from '@overparam/launchers';
import { slug } from '@overparam/saved-runs';
import type { ProgressView } from '@overparam/terminal';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { compareCallbacks } from '../../src/cli/run-compare';
import { gatherRows } from '../../src/compare/collect';
import { coresOf, runsAtOnce } from '../../src/compare/cores';
import { describeRows } from '../../src/compare/describe-rows';
import { type PlannedRun, planRuns } from '../../src/compare/plan';
import { ProgressBook } from '../../src/compare/progress';
import { trainRuns } from '../../src/compare/train-runs';

const command = {
  file: process.execPath,
  prefix: [fileURLToPath(new URL('../fixtures/fake-run.mjs', import.meta.url))],
};

let folder: string;
let shown: string;
const view: ProgressView = {
  show: () => undefined,
  line: (text) => {
    shown += `${text}\n`;
  },
  end: () => undefined,
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'overparam-compare-'));
  shown = '';
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Rows by label, with what the pool reads of a config. */
function rowsOf(labels: readonly string[]): RunConfig[] {
  const common = {
    method: { name: 'plain' },
    routine: { name: 'joint' },
    evaluation: 'last',
    epochs: 2,
    batch: 8,
    accumulate: 1,
    earlyStopping: null,
    backbone: { name: 'resnet' },
    dataset: { name: 'cifar100-sample' },
    tasks: null,
    balancer: { name: 'equal' },
    gradients: 'parameters',
    regulariser: null,
    heads: null,
    taskOptions: {},
    lr: { peak: 0.1, schedule: 'constant' },
    precision: 'float32',
    recompute: 'none',
    workers: { norms: 'own', gradients: 'float32' },
    seed: 0,
    optimiser: { name: 'sgd' },
    weightDecay: { coefficient: 0, norms: false, biases: false },
    parameterGroups: [],
    clip: null,
    averageWeights: null,
    augment: true,
    mix: null,
    erase: null,
    statistics: 'unbiased',
    engine: { name: 'wasm' },
    select: null,
    limit: {},
    validation: null,
    layerRecords: null,
    follows: null,
    checkpoints: { keep: 'all' },
    plugins: [],
  };
  return labels.map((label) => ({ label, ...common }) as unknown as RunConfig);
}

/** The same, as they are gathered. */
function described(labels: readonly string[]) {
  const effort = labels.map(() => ({ updates: 10, trainImages: 40 }));
  return describeRows(rowsOf(labels), [], effort);
}

async function planned(labels: readonly string[], seeds: readonly number[]): Promise<PlannedRun[]> {
  const runs = planRuns(rowsOf(labels), seeds, folder);
  await mkdir(join(folder, 'configs'), { recursive: true });
  for (const run of runs) await writeFile(run.configFile, stringify(run.config));
  return runs;
}

function train(runs: readonly PlannedRun[], signal = new AbortController().signal) {
  const book = new ProgressBook();
  const progress = { book, entries: book.add(runs.map(() => 10)) };
  return trainRuns(runs, localLauncher(2), progress, {
    command,
    out: folder,
    dataDir: 'data',
    signal,
    callbacks: compareCallbacks(view),
  });
}

async function starts(): Promise<string[]> {
  return (await readFile(join(folder, 'starts.txt'), 'utf8')).trim().split('\n').sort();
}

describe('the pool', () => {
  test('runs no more jobs at a time than asked, and all of them', async () => {
    let running = 0;
    let most = 0;
    const done: number[] = [];
    const outcomes = await runPool(
      [0, 1, 2, 3, 4],
      2,
      async (job) => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running--;
        done.push(job);
        return { kind: 'finished' };
      },
      new AbortController().signal,
    );
    expect(most).toBe(2);
    expect(done.sort()).toEqual([0, 1, 2, 3, 4]);
    expect(outcomes.every(({ kind }) => kind === 'finished')).toBe(true);
  });

  test('a job that throws is a failure, and an abort starts nothing new', async () => {
    const controller = new AbortController();
    const outcomes = await runPool(
      ['throws', 'aborts', 'never'],
      1,
      async (job) => {
        if (job === 'throws') throw new Error('broken');
        controller.abort();
        return { kind: 'stopped' };
      },
      controller.signal,
    );
    expect(outcomes).toEqual([
      { kind: 'failed', message: 'broken' },
      { kind: 'stopped' },
      { kind: 'stopped' },
    ]);
  });
});

describe('runs in processes of their own', () => {
  test('rows that fail are reported with their reason while the others finish', async () => {
    const labels = ['good', 'refuses', 'crashes', 'also good'];
    const runs = await planned(labels, [0, 1]);
    const rows = await gatherRows(described(labels), runs, await train(runs));
    const errors = rows.map((row) =>
      row.runs.map(({ choices }) => choices.last.byTask.class?.figures.top1Error),
    );
    expect(errors).toEqual([[30, 31], [], [], [30, 31]]);
    expect(rows[1]?.failures).toEqual([
      { seed: '0', message: 'The loss became NaN at update 3.' },
      { seed: '1', message: 'The loss became NaN at update 3.' },
    ]);
    expect(rows[2]?.failures[0]?.message).toContain('out of memory');
    expect(rows[2]?.failures[0]?.message).toContain('exit code 3');
    expect(shown).toContain('refuses, seed 0: failed: The loss became NaN');
    expect(shown).toContain('(8 of 8)');
  });

  test('figures are told as soon as a run has them, and their mean once a row has several', async () => {
    // The stand-in's error is 30 % and its seed; its mean over epochs is 45 %.
    await train(await planned(['good', 'refuses'], [0, 3]));
    const lines = shown.split('\n');
    const after = (start: string) => lines.slice(lines.findIndex((line) => line.startsWith(start)) + 1);
    expect(after('good, seed 0: done')[0]).toBe('  top1Error 30.00 %');
    expect(after('good, seed 3: done').slice(0, 2)).toEqual([
      '  top1Error 33.00 %',
      '  mean of 2 seeds: top1Error 31.50 %',
    ]);
    expect(after('refuses, seed 0: failed')[0]).not.toContain('top1Error');
    shown = '';
    const [run] = await planned(['mean'], [1]);
    await train([{ ...run!, config: { ...run!.config, evaluation: 'meanOfLast' } }]);
    expect(shown).toContain('top1Error 45.00 %');
  });

  test('a finished run gives its figures, curve and stages', async () => {
    const runs = await planned(['good'], [4]);
    const [row] = await gatherRows(described(['good']), runs, await train(runs));
    expect(row).toMatchObject({ kind: 'baseline', epochs: 2, batch: 8, updates: 10, trainImages: 40 });
    expect(row?.runs[0]).toMatchObject({
      seed: '4',
      choices: { last: { byTask: { class: { figures: { top1Error: 34 } } } }, best: null },
      secondsPerEpoch: 1.5,
      trainParameters: 200,
      deployParameters: 100,
      collapseGap: 2e-7,
      layers: [{ layer: 'stem', method: 'fnl', gap: 1e-7 }],
      curve: [
        { epoch: 1, train: { loss: 2 }, test: { byTask: { class: { figures: { top1Error: 60 } } } } },
        { epoch: 2, train: { loss: 1 }, test: { byTask: { class: { figures: { top1Error: 30 } } } } },
      ],
      stages: [
        { stage: 'plain', epoch: 0 },
        { stage: 'expanded', epoch: 0.6 },
      ],
    });
  });

  test('a run that crashes is reported by its error, without the stack', async () => {
    const runs = await planned(['throws'], [0]);
    const [row] = await gatherRows(described(['throws']), runs, await train(runs));
    expect(row?.failures).toEqual([{ seed: '0', message: 'TypeError: x is not a function (exit code 1)' }]);
  });

  test('what is finished is not run again, what failed is', async () => {
    const runs = await planned(['good', 'crashes'], [0]);
    await train(runs);
    expect(await starts()).toEqual(['train crashes 0 true', 'train good 0 true']);
    const outcomes = await train(runs);
    expect(await starts()).toEqual(['train crashes 0 true', 'train crashes 0 true', 'train good 0 true']);
    expect(outcomes[0]).toEqual({ kind: 'finished' });
    expect(shown).toContain('good, seed 0: was done already');
    expect(shown).toContain('good, seed 0: layers expanded: 3 of 31 (stem)');
  });

  test('an interrupt asks running children to stop, starts no more and waits for them', async () => {
    const runs = await planned(['waits', 'good'], [0, 1]);
    const controller = new AbortController();
    const training = train(runs, controller.signal);
    await vi.waitFor(async () => expect(await starts()).toHaveLength(3), { timeout: 20_000 });
    // The handler of the request to stop is in place once the run has reported.
    await vi.waitFor(() => expect(existsSync(join(runs[2]!.folder, 'config.yaml'))).toBe(true));
    await new Promise((resolve) => setTimeout(resolve, 300));
    controller.abort();
    const outcomes = await training;
    expect(outcomes.map(({ kind }) => kind)).toEqual(['stopped', 'finished', 'stopped', 'stopped']);
    expect(await starts()).toEqual(['train good 0 true', 'train waits 0 true', 'train waits 1 true']);
    expect(existsSync(join(runs[0]!.folder, 'stopped'))).toBe(true);
    expect(shown).not.toContain('waits, seed 0: failed');
  });

  test('a child that does not stop is killed after the time of grace', async () => {
    const [run] = await planned(['deaf'], [0]);
    const controller = new AbortController();
    const begun = performance.now();
    const outcome = await trainInChild({
      command,
      arguments: ['train', run!.configFile, '--out', run!.folder],
      onProgress: (done) => done === 1 && controller.abort(),
      onWork: () => undefined,
      signal: controller.signal,
      grace: 200,
    });
    expect(outcome).toEqual({ kind: 'stopped' });
    expect(performance.now() - begun).toBeGreaterThan(200);
  });
});

describe('planning', () => {
  test('each row and seed has a folder of its own, seed by seed', () => {
    const runs = planRuns(rowsOf(['Baseline', 'TriRep, cyclic']), [0, '18446744073709551615'], 'out');
    expect(runs.map((run) => run.folder)).toEqual([
      join('out', 'baseline-seed0'),
      join('out', 'trirep-cyclic-seed0'),
      join('out', 'baseline-seed18446744073709551615'),
      join('out', 'trirep-cyclic-seed18446744073709551615'),
    ]);
    expect(runs[2]?.config.seed).toBe('18446744073709551615');
    expect(slug('../../Ünïcode  é!')).toBe('u-ni-code-e');
  });

  test('rows that would share a folder and seeds given twice are refused', () => {
    expect(() => planRuns(rowsOf(['A b', 'a-B']), [0], 'out')).toThrow(/would share the folder "a-b"/);
    expect(() => planRuns(rowsOf(['a']), [1, '1'], 'out')).toThrow(/each seed may stand once/);
  });

  test('runs at once follow cores and threads', () => {
    expect(runsAtOnce(7, 2, 1)).toBe(2);
    expect(runsAtOnce(3, 16, 1)).toBe(3);
    expect(runsAtOnce(7, 16, 4)).toBe(4);
    expect(runsAtOnce(7, 2, 8)).toBe(1);
    expect(runsAtOnce(7, 16, null)).toBe(1);
  });

  test('two threads of one core count once', () => {
    const thread = (processor: number, core: number) =>
      `processor\t: ${processor}\nphysical id\t: 0\ncore id\t\t: ${core}\n`;
    expect(coresOf([thread(0, 0), thread(1, 0), thread(2, 1), thread(3, 1)].join('\n'))).toBe(2);
    expect(coresOf('processor : 0\n')).toBe(0);
  });
});

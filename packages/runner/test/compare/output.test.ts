import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunConfig } from '@overparam/config';
import { deltaM } from '@overparam/mtl-heads';
import { comparisonResult, type Obtained, type RowRecord, type SeedRun } from '@overparam/report';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { baselineIndex, describeRows } from '../../src/compare/describe-rows';
import { writeOutputs } from '../../src/compare/output';
import { planRuns } from '../../src/compare/plan';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'overparam-output-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function config(label: string, method: string, change: Partial<RunConfig> = {}): RunConfig {
  const named = { method: { name: method }, routine: { name: 'joint' } };
  return { label, ...named, evaluation: 'last', epochs: 1, batch: 2, ...change } as unknown as RunConfig;
}

function runOf(absoluteError: number): SeedRun {
  const scores = { loss: 1, byTask: { depth: { loss: 1, figures: { absoluteError } } } };
  return {
    seed: '0',
    choices: { last: scores, meanOfLast: { epochs: 1, scores }, best: null },
    details: {},
    trainParameters: 10,
    deployParameters: 5,
    deployMultiplyAdds: 100,
    deployNetworks: 1,
    secondsPerEpoch: 1,
    collapseGap: 1e-7,
    curve: [
      {
        epoch: 1,
        update: 2,
        stage: 'expanded',
        phases: { all: 2 },
        learningRate: 0.1,
        train: scores,
        test: scores,
      },
    ],
    stages: [{ stage: 'expanded', epoch: 0 }],
    layers: [],
  };
}

const { name, direction, formula, usedBy } = deltaM;
const obtained: Obtained = {
  title: 'Depth',
  seeds: ['0'],
  recipe: 'adam',
  recipeDifferences: [],
  backbone: 'segnet',
  dataset: 'nyuv2-sample',
  provenance: 'made up',
  testImages: 3,
  metrics: [{ task: 'depth', name: 'absoluteError', direction: 'lower', unit: 'm' }],
  improvement: { name, direction, formula, usedBy },
  classNames: {},
  engine: 'wasm',
  projection: null,
  runsAtOnce: 1,
  cores: 2,
};

describe('what a comparison writes', () => {
  test('compare.json holds the result and every epoch of every run; the page the runs’ pictures', async () => {
    const rows = [config('Baseline', 'plain'), config('FNL', 'fnl')];
    const references = [config('Single task: depth', 'plain')];
    const planned = [...rows, ...references].map(() => ({ updates: 2, trainImages: 4 }));
    const records: RowRecord[] = describeRows(rows, references, planned).map((row, index) => ({
      ...row,
      runs: [runOf(0.5 - index / 10)],
      failures: [],
    }));
    const runs = planRuns([...rows, ...references], [0], folder);
    for (const [index, run] of runs.entries()) {
      const panels = join(run.folder, 'final', 'panels');
      await mkdir(panels, { recursive: true });
      await writeFile(join(panels, '0-depth-prediction.png'), Buffer.from([index]));
      const legend = { text: 'Dark is wet.', colours: [{ name: 'dry', colour: [9, 8, 7] }] };
      await writeFile(join(panels, '0-depth-legend.json'), JSON.stringify(legend));
    }
    const result = comparisonResult(records, obtained, [deltaM]);
    const page = await writeOutputs(folder, records, result, runs);
    expect(page).toBe(join(folder, 'report.html'));
    const data = JSON.parse(await readFile(join(folder, 'compare.json'), 'utf8'));
    expect(data.records).toEqual(records);
    expect(data.rows).toEqual(JSON.parse(JSON.stringify(result.rows)));
    expect(data.obtained).toEqual(obtained);
    const text = await readFile(page, 'utf8');
    // What colours mean is the task's own word, whatever its kind.
    expect(text).toContain('depth: Dark is wet.');
    expect(text).toContain('fill="rgb(9,8,7)"/></svg>dry</li>');
    // The reference's pictures stand first, each row's beside its name.
    const shown = [
      ...text.matchAll(/src="data:image\/png;base64,(\w+==)" alt="depth, predicted by ([^"]+)"/g),
    ];
    expect(shown.map(([, bytes, label]) => `${label} ${bytes}`)).toEqual([
      'Single task: depth Ag==',
      'Baseline AA==',
      'FNL AQ==',
    ]);
  });
});

describe('the rows of a comparison', () => {
  const row = (method: string, routine: string) => ({ method: { name: method }, routine: { name: routine } });

  test('the baseline is the plain row, under the joint routine where there are several', () => {
    expect(baselineIndex([row('fnl', 'joint'), row('plain', 'cyclic'), row('plain', 'joint')])).toBe(2);
    expect(baselineIndex([row('fnl', 'joint'), row('plain', 'cyclic')])).toBe(1);
    expect(baselineIndex([row('fnl', 'joint')])).toBe(-1);
  });

  test('each says what it is and spends, references last', () => {
    const rows = [config('FNL', 'fnl', { epochs: 3, evaluation: 'best' }), config('Baseline', 'plain')];
    const described = describeRows(
      rows,
      [config('Single task: depth', 'plain', { batch: 1 })],
      [6, 2, 4].map((updates) => ({ updates, trainImages: 4 })),
    );
    expect(described).toEqual([
      {
        label: 'FNL',
        method: 'fnl',
        routine: 'joint',
        kind: 'row',
        evaluation: 'best',
        epochs: 3,
        batch: 2,
        updates: 6,
        trainImages: 4,
      },
      expect.objectContaining({ label: 'Baseline', kind: 'baseline', evaluation: 'last', updates: 2 }),
      expect.objectContaining({ label: 'Single task: depth', kind: 'reference', batch: 1, updates: 4 }),
    ]);
  });
});

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ConfigFile, loadConfig, resolveComparison } from '@overparam/config';
import { comparisonResult } from '@overparam/report';
import { stringify } from 'yaml';
import { gatherRows } from '../../src/compare/collect';
import { describeRows } from '../../src/compare/describe-rows';
import { obtainedFrom } from '../../src/compare/obtained';
import { writeOutputs } from '../../src/compare/output';
import { type PlannedRun, planRuns } from '../../src/compare/plan';
import { checkRows, prepareComparison } from '../../src/compare/prepare';

/** How many runs are made up. */
export interface Many {
  readonly rows: number;
  readonly seeds: number;
  readonly epochs: number;
}

/** What it took to go over them, in seconds of a processor, which do not depend on what else the machine does. */
export interface Took {
  readonly planned: number;
  readonly collected: number;
  readonly drawn: number;
  /** Bytes of the page. */
  readonly page: number;
  /** Mean error of the first row, for a test. */
  readonly firstError: number | null;
}

/** What a finished run leaves that a comparison reads, its figures made up: an error of 50 % and a hundredth of its place. */
function leaveRun(run: PlannedRun, place: number, { epochs }: Many): void {
  const { folder, config } = run;
  mkdirSync(folder, { recursive: true });
  const scores = (top1Error: number) => ({
    loss: 2,
    byTask: { class: { loss: 2, figures: { top1Error, top5Error: top1Error / 2 } } },
  });
  const line = (epoch: number) => ({
    epoch,
    update: 39 * epoch,
    stage: 'expanded',
    phases: { all: 39 },
    learningRate: 0.1,
    train: scores(60),
    test: scores(50 + place / 100 + 40 / epoch),
  });
  const lines = <Line>(of: (epoch: number) => Line) =>
    Array.from({ length: epochs }, (_, at) => `${JSON.stringify(of(at + 1))}\n`).join('');
  const last = scores(50 + place / 100);
  const metrics = ['top1Error', 'top5Error'].map((name) => ({
    task: 'class',
    name,
    direction: 'lower',
    unit: '%',
  }));
  const result = {
    label: config.label,
    method: config.method.name,
    routine: config.routine.name,
    seed: config.seed,
    epochs,
    batch: 64,
    updates: 39 * epochs,
    metrics,
    final: last,
    collapsed: last,
    choices: { last, meanOfLast: { epochs, scores: last }, best: null },
    deployMultiplyAdds: 1e6,
    deployNetworks: 1,
    collapseGap: 2e-7,
    collapseTolerance: 1e-4,
    layers: ['stem', 'one', 'two'].map((layer) => ({ layer, method: config.method.name, gap: 1e-7 })),
    stages: [{ stage: 'expanded', from: 0 }],
    trainParameters: 200,
    deployParameters: 100,
  };
  writeFileSync(join(folder, 'config.yaml'), stringify(config));
  writeFileSync(join(folder, 'metrics.jsonl'), lines(line));
  writeFileSync(
    join(folder, 'timings.jsonl'),
    lines((epoch) => ({ epoch, trainSeconds: 1, testSeconds: 0.1 })),
  );
  writeFileSync(join(folder, 'result.json'), JSON.stringify(result));
}

/** Rows that differ in method, options and rate. */
function configOf({ rows, seeds, epochs }: Many): ConfigFile {
  const methods = [
    'plain',
    'fnl',
    'repvgg',
    'trirep',
    'dbb',
    'acb',
    'doconv',
    'orepa',
    'mobileone',
    'expandnets',
  ];
  return {
    backbone: { name: 'resnet', depth: 20, width: 16 },
    dataset: 'cifar100-sample',
    epochs,
    batch: 64,
    engine: 'wasm',
    rows: Array.from({ length: rows }, (_, row) => ({
      label: `row ${row}`,
      method: methods[row % methods.length],
      lr: 0.01 * (1 + Math.floor(row / methods.length)),
    })),
    seeds: Array.from({ length: seeds }, (_, seed) => seed),
  };
}

/** Plans, collects and draws a comparison of many runs, which are made up in between. */
export async function goOver(out: string, many: Many): Promise<Took> {
  const seconds = async <Result>(work: () => Promise<Result>): Promise<[Result, number]> => {
    const began = process.cpuUsage();
    const result = await work();
    const { user, system } = process.cpuUsage(began);
    return [result, (user + system) / 1e6];
  };
  const loaded = await loadConfig(configOf(many));
  const [{ resolved, runs, planned }, plannedIn] = await seconds(async () => {
    const resolved = await resolveComparison(loaded, { overrides: [] });
    const planned = await checkRows(resolved.rows, {
      dataDir: 'data',
      signal: new AbortController().signal,
      onRow: () => {},
      runsOf: () => [],
    });
    const runs = planRuns(resolved.rows, resolved.seeds, out);
    await prepareComparison(out, runs, loaded, false);
    return { resolved, runs, planned };
  });
  for (const [place, run] of runs.entries()) leaveRun(run, place, many);
  const outcomes = runs.map(() => ({ kind: 'finished' as const }));
  const described = describeRows(resolved.rows, [], planned.rows);
  const [records, collected] = await seconds(() => gatherRows(described, runs, outcomes));
  const machine = { engine: resolved.engine, runsAtOnce: 2, cores: 2 };
  const [result, drawn] = await seconds(async () => {
    const result = comparisonResult(records, obtainedFrom(resolved, planned, machine));
    await writeOutputs(out, records, result, runs);
    return result;
  });
  const { size } = await import('node:fs/promises').then(({ stat }) => stat(join(out, 'report.html')));
  return {
    planned: plannedIn,
    collected,
    drawn,
    page: size,
    firstError: result.rows[0]!.figures.class!.top1Error!.mean,
  };
}

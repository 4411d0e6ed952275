import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunResult } from '@overparam/report';
import type { Figure, Scores } from '@overparam/training';
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { main } from '../../src/main';
import { temporaryFolder, tinyScenes } from '../support/tiny';

const path = temporaryFolder();
const tasks = ['segmentation', 'depth', 'normals'];
let stdout: MockInstance<typeof process.stdout.write>;

beforeEach(() => {
  stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => vi.restoreAllMocks());

/** Runs a command line, and reads the one object that it prints. */
async function printed<Result>(...rawArguments: string[]): Promise<Result> {
  stdout.mockClear();
  expect(await main([...rawArguments, '--json'])).toBe(0);
  return JSON.parse(stdout.mock.calls.map(([text]) => String(text)).join('')) as Result;
}

interface Evaluated {
  readonly network: string;
  readonly images: number;
  readonly scores: Scores;
}
interface CollapsedNetwork {
  readonly task?: string;
  readonly collapseGap: number;
  readonly tolerance: number;
  readonly ok: boolean;
  readonly deployParameters: number;
  readonly folder: string;
}

/** A finished run of three tasks. */
async function trainedRun(multiTask: string): Promise<{ out: string; trained: RunResult }> {
  const config = path(`${multiTask}.yaml`);
  const method = { name: 'trirep', multiTask };
  writeFileSync(config, stringify({ ...tinyScenes, method, epochs: 1, limit: { train: 4, test: 3 } }));
  const out = path(multiTask);
  return { out, trained: await printed<RunResult>('train', config, '--out', out) };
}

/** All tensors of a saved network, without the file's header, which also says how large the gap was. */
function valuesIn(folder: string): Buffer {
  const file = readFileSync(join(folder, 'weights.safetensors'));
  return file.subarray(8 + Number(file.readBigUInt64LE(0)));
}

const figureNames = {
  segmentation: ['mIoU', 'pixelAccuracy'],
  depth: ['absoluteError', 'relativeError'],
  normals: ['meanAngle', 'medianAngle', 'within11.25', 'within22.5', 'within30'],
};

/** All numbers of scores, by task and name. */
function numbersOf({ loss, byTask }: Scores): Map<string, Figure> {
  const ofTasks = Object.entries(byTask).flatMap(([task, scores]) =>
    Object.entries({ loss: scores.loss, ...scores.figures }).map(
      ([name, value]) => [`${task} ${name}`, value] as const,
    ),
  );
  return new Map([['loss', loss], ...ofTasks]);
}

/** What `evaluate` says of both networks is what the run says of them. */
async function expectEvaluations(out: string, trained: RunResult): Promise<void> {
  for (const network of ['final', 'collapsed']) {
    const found = await printed<Evaluated>('evaluate', out, '--network', network);
    expect(Object.keys(found)).toEqual(['network', 'images', 'precision', 'scores']);
    expect(found).toMatchObject({ network, images: 3 });
    expect(Object.keys(found.scores)).toEqual(['loss', 'byTask']);
    for (const [task, names] of Object.entries(figureNames)) {
      expect(Object.keys(found.scores.byTask[task]!.figures)).toEqual(names);
    }
    const expected = numbersOf(trained.collapsed);
    const numbers = numbersOf(found.scores);
    expect([...numbers.keys()]).toEqual([...expected.keys()]);
    for (const [name, value] of numbers) {
      const wanted = expected.get(name)!;
      // A pixel whose two largest classes tie may fall to either.
      const tolerance = network === 'final' ? 1e-3 * Math.max(1, Math.abs(wanted)) : 0;
      expect(value, name).not.toBeNull();
      expect(Math.abs(value! - wanted), name).toBeLessThanOrEqual(tolerance);
    }
  }
}

describe('commands on a run of several tasks', () => {
  test('routed cores: one network', async () => {
    const { out, trained } = await trainedRun('routed');
    expect(trained.deployNetworks).toBe(1);
    await expectEvaluations(out, trained);
    const verified = await printed<Record<string, unknown>>('verify', out);
    expect(Object.keys(verified)).toEqual(['gap', 'tolerance', 'ok', 'worst', 'layers']);
    expect(verified.ok).toBe(true);
    const folder = path('routed-again');
    const collapsed = await printed<CollapsedNetwork>('collapse', out, '--out', folder);
    expect(Object.keys(collapsed)).toEqual(['collapseGap', 'tolerance', 'ok', 'deployParameters', 'folder']);
    expect(collapsed).toMatchObject({ ok: true, folder, deployParameters: trained.deployParameters });
    expect(valuesIn(folder).equals(valuesIn(join(out, 'collapsed')))).toBe(true);
  });

  test('a trunk for each task: a network for each, in a folder of its own', async () => {
    const { out, trained } = await trainedRun('perTask');
    expect(trained.deployNetworks).toBe(3);
    expect(readdirSync(path('perTask', 'collapsed')).sort()).toEqual([...tasks].sort());
    await expectEvaluations(out, trained);
    const verified = await printed<{ ok: boolean; gap: number; networks: { task: string; gap: number }[] }>(
      'verify',
      out,
    );
    expect(verified.ok).toBe(true);
    expect(verified.networks.map(({ task }) => task)).toEqual(tasks);
    expect(verified.gap).toBe(Math.max(...verified.networks.map(({ gap }) => gap)));
    const folder = path('perTask-again');
    const { networks } = await printed<{ networks: CollapsedNetwork[] }>('collapse', out, '--out', folder);
    expect(networks.map(({ task }) => task)).toEqual(tasks);
    expect(networks.reduce((sum, network) => sum + network.deployParameters, 0)).toBe(
      trained.deployParameters,
    );
    for (const { task, ok, folder: place } of networks) {
      expect([ok, place]).toEqual([true, path('perTask-again', task!)]);
      expect(valuesIn(place).equals(valuesIn(join(out, 'collapsed', task!)))).toBe(true);
    }
    expect(existsSync(path('perTask-again', 'model.json'))).toBe(false);
  });

  test('networks that differ are named, and are a failure', async () => {
    stdout.mockClear();
    expect(await main(['verify', path('perTask'), '--tolerance', '1e-12', '--json'])).toBe(1);
    const { error, networks } = JSON.parse(String(stdout.mock.calls[0]![0])) as {
      error: { code: string };
      networks: { task: string; ok: boolean }[];
    };
    expect(error.code).toBe('verify-failed');
    expect(networks.map(({ task }) => task)).toEqual(tasks);
    expect(networks.some(({ ok }) => !ok)).toBe(true);
    const said = vi
      .mocked(process.stderr.write)
      .mock.calls.map(([text]) => String(text))
      .join('');
    for (const task of tasks) expect(said).toContain(`network of ${task}`);
  });
});

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Int8Report } from '@overparam/quantise';
import { afterEach, beforeAll, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { main } from '../../src/main';
import { temporaryFolder, tiny, tinyScenes } from '../support/tiny';

const path = temporaryFolder();
let stdout: MockInstance<typeof process.stdout.write>;
let stderr: MockInstance<typeof process.stderr.write>;

beforeEach(() => {
  stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => vi.restoreAllMocks());

const written = (stream: MockInstance) => stream.mock.calls.map(([text]) => String(text)).join('');

async function printed<Result>(...rawArguments: string[]): Promise<Result> {
  stdout.mockClear();
  expect(await main([...rawArguments, '--json']), written(stderr)).toBe(0);
  return JSON.parse(written(stdout)) as Result;
}

async function mistake(...rawArguments: string[]): Promise<string> {
  expect(await main(rawArguments)).toBe(2);
  return written(stderr);
}

async function trained(name: string, config: object): Promise<string> {
  writeFileSync(path(`${name}.yaml`), stringify(config));
  await printed('train', path(`${name}.yaml`), '--out', path(name));
  return path(name);
}

interface Inspected {
  readonly networks: readonly {
    readonly path: string;
    readonly role: string;
    readonly about: Record<string, never>;
    readonly parameters: number;
    readonly checks: readonly { readonly what: string; readonly detail: string }[];
    readonly layers: readonly { readonly kind: string; readonly parameters: number }[];
  }[];
}

describe('a network of classes', () => {
  let run: string;
  beforeAll(async () => {
    stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    run = await trained('classes', { ...tiny, method: 'repvgg', epochs: 1 });
  });

  test('becomes a file that says what it is and what it cost', async () => {
    const report = await printed<Int8Report>('quantise', run, '--examples', '16');
    expect(report.file).toBe(`${run}/quantised/model.onnx`);
    expect(report.examples).toBe(10);
    expect(report.after.byTask.class!.figures.top1Error).toBeGreaterThanOrEqual(0);
    expect(report.agreement.class!.noise).toBeLessThan(0.2);
    expect(report.check.simulation.class!.noise).toBeLessThan(0.05);
    expect(report.damage.map(({ layer }) => layer)).toContain('stem_conv');
    expect(written(stderr)).toMatch(/kernels that suffer most/);
    expect(JSON.parse(readFileSync(`${run}/quantised/model.json`, 'utf8'))).toEqual(report);

    const { networks } = await printed<Inspected>('inspect', report.file);
    expect(networks[0]).toMatchObject({
      role: 'quantised',
      about: { method: 'repvgg', source: { role: 'collapsed' } },
    });
    expect(networks[0]!.about.quantisation).toMatchObject({
      activations: 'uint8',
      calibration: { examples: 16 },
    });
    expect(networks[0]!.checks).toContainEqual(
      expect.objectContaining({ what: 'int8', detail: expect.stringContaining(`${report.weights.int8}`) }),
    );
    const all = await printed<Inspected>('inspect', run);
    expect(all.networks.map(({ role }) => role)).toContain('quantised');
  });

  test('is polished, and the polished network stands beside it with its lineage', async () => {
    const to = path('polished.onnx');
    const report = await printed<Int8Report>(
      'quantise',
      run,
      '--examples',
      '16',
      '--polish',
      '2',
      '--to',
      to,
    );
    expect(existsSync(to)).toBe(true);
    expect(report.polish).toMatchObject({ epochs: 2, folder: `${run}/quantised/polished` });
    const { networks } = await printed<Inspected>('inspect', report.polish!.folder);
    expect(networks[0]).toMatchObject({ role: 'collapsed', about: { source: { role: 'collapsed' } } });
    expect(networks[0]!.about.polish).toMatchObject({ epochs: 2, precision: 'int8' });
    expect(report.polish!.damage.map(({ layer }) => layer)).toEqual(report.damage.map(({ layer }) => layer));
  });

  test('is told of in words: before and after, and the layers that suffer', async () => {
    expect(
      await main(['quantise', run, '--examples', '8', '--range', 'minmax', '--to', path('words.onnx')]),
    ).toBe(0);
    const text = written(stdout);
    expect(text).toMatch(/^ +float32 +int8$/m);
    expect(text).toMatch(/^top-1 error +[\d.]+ % +[\d.]+ %$/m);
    expect(text).toMatch(/^\S+ alone in int8 +[\d.]+ % noise/m);
    expect(text).toContain('calibrated on    8 training images, range by minmax');
  });

  test('is refused for what does not fit, and nothing is written', async () => {
    const to = path('refused.onnx');
    expect(await mistake('quantise', run, '--to', to, '--examples', '25')).toContain(
      'has 24 that the run uses',
    );
    expect(await mistake('quantise', run, '--to', to, '--examples', 'all')).toContain('--examples expects');
    expect(await mistake('quantise', run, '--to', to, '--polish', '0')).toContain('--polish expects');
    expect(await mistake('quantise', run, '--to', to, '--keep-float', 'none')).toContain('no layer "none"');
    expect(await mistake('quantise', path('nowhere'))).toContain('is not a run folder');
    expect(await mistake('quantise', run, '--to', run, '--polish', '1')).toContain(
      'is a folder. Give the path',
    );
    expect(existsSync(to)).toBe(false);
  });
});

test('a network of three tasks with pooling by places', async () => {
  const run = await trained('scenes', { ...tinyScenes, epochs: 1 });
  const report = await printed<Int8Report>('quantise', run, '--polish', '1');
  expect(Object.keys(report.after.byTask)).toEqual(['segmentation', 'depth', 'normals']);
  expect(report.agreement.segmentation!.sameClass).toBeGreaterThan(0.5);
  expect(report.agreement.depth!.sameClass).toBeNull();
});

test('a network for each task: a file for each', async () => {
  const method = { name: 'trirep', multiTask: 'perTask' };
  const run = await trained('trunks', { ...tinyScenes, method, epochs: 1, tasks: ['depth', 'normals'] });
  const { networks } = await printed<{ networks: Int8Report[] }>('quantise', run, '--polish', '1');
  expect(networks.map(({ task, file }) => [task, file])).toEqual([
    ['depth', `${run}/quantised/model-depth.onnx`],
    ['normals', `${run}/quantised/model-normals.onnx`],
  ]);
  expect(networks.every(({ file }) => existsSync(file))).toBe(true);
  expect(existsSync(`${run}/quantised/polished/normals/weights.safetensors`)).toBe(true);
});

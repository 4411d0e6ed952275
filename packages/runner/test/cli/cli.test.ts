import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunResult } from '@overparam/report';
import type { Scores } from '@overparam/training';
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { main } from '../../src/main';
import { train } from '../../src/run/train';
import { registerDots } from '../support/dot-dataset';
import { interrupted } from '../support/interrupted';
import { leaveLock } from '../support/leave-lock';
import { temporaryFolder, textOf, tiny } from '../support/tiny';

const path = temporaryFolder();
let stdout: MockInstance<typeof process.stdout.write>;
let stderr: MockInstance<typeof process.stderr.write>;

beforeEach(() => {
  stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => vi.restoreAllMocks());

function written(stream: MockInstance): string {
  return stream.mock.calls.map(([text]) => String(text)).join('');
}

/** A config file like the tiny one with other keys. */
function configFile(changes: object = {}): string {
  const file = path(
    `config-${Math.abs(JSON.stringify(changes).length)}-${Object.keys(changes).join('-')}.yaml`,
  );
  writeFileSync(file, stringify({ ...tiny, ...changes }));
  return file;
}

/** Runs a command line that is a user's mistake: exit code 2, one line that says what, and no stack. */
async function mistake(...rawArguments: string[]): Promise<string> {
  expect(await main(rawArguments)).toBe(2);
  const lines = written(stderr)
    .split('\n')
    .filter((line) => line.startsWith('Error: '));
  expect(lines).toHaveLength(1);
  expect(written(stderr)).not.toMatch(/^ {4}at /m);
  expect(written(stdout)).toBe('');
  return lines[0]!;
}

const out = () => path('out');

describe('mistakes in the command line', () => {
  test('an unknown command suggests the nearest', async () => {
    expect(await mistake('trian', 'x')).toBe('Error: Unknown command "trian". Did you mean "train"?');
  });

  test('an unknown option suggests the nearest', async () => {
    expect(await mistake('train', configFile(), '--sed', '3')).toContain(
      'Unknown option "--sed". Did you mean "--seed"?',
    );
  });

  test('an option without its value is named', async () => {
    expect(await mistake('train', configFile(), '--out')).toContain('Option "--out" expects a value.');
  });

  test('a missing argument is named', async () => {
    expect(await mistake('train')).toContain('CONFIG');
  });

  test('a word too many is named', async () => {
    expect(await mistake('train', configFile(), 'more')).toContain('Unexpected argument "more"');
  });

  test('a key of the config given as an option is one for --set', async () => {
    expect(await mistake('train', configFile(), '--epochs', '3')).toContain(
      'Unknown option "--epochs". Did you mean --set epochs=3?',
    );
    stderr.mockClear();
    expect(await mistake('compare', configFile(), '--lr.peak=0.1')).toContain(
      'Did you mean --set lr.peak=0.1?',
    );
  });

  test('a run folder where a config is expected says how to go on with it', async () => {
    await interrupted(tiny, path('begun'), { update: 1 });
    expect(await mistake('train', '--resume', path('begun'))).toContain(
      `To go on with the run: overparam train ${path('begun', 'config.yaml')} --out ${path('begun')} --resume.`,
    );
    stderr.mockClear();
    expect(await mistake('compare', path())).toContain('is a folder, and a config file is expected');
    stderr.mockClear();
    expect(await mistake('train', configFile(), '--resume', path('begun'))).toContain(
      'Option "--resume" takes no value',
    );
  });

  test('with --json the error is one object on stdout', async () => {
    expect(await main(['train', configFile({ method: 'nfl' }), '--out', out(), '--json'])).toBe(2);
    const { error } = JSON.parse(written(stdout)) as { error: { code: string; message: string } };
    expect(error.code).toBe('unknown-method');
    expect(error.message).toContain('did you mean "fnl"?');
  });
});

describe('mistakes in the config', () => {
  test.each([
    ['method', { method: 'nfl' }, /Unknown method "nfl"; did you mean "fnl"\?/],
    ['routine', { routine: 'cyclical' }, /Unknown routine "cyclical"; did you mean "cyclic"\?/],
    ['backbone', { backbone: 'resnett' }, /Unknown backbone "resnett"/],
    ['dataset', { dataset: 'cifar1000' }, /Unknown dataset "cifar1000"; did you mean "cifar100"\?/],
    ['key', { epocs: 3 }, /unknown key "epocs"\. Did you mean "epochs"\?/],
    [
      'option of a method',
      { method: { name: 'fnl', ranc: 2 } },
      /method "fnl": unknown option "ranc" \(did you mean "rank/,
    ],
    ['layer name', { method: 'fnl', select: 'stage9_conv' }, /stage9_conv/],
    ['batch larger than the data', { batch: 25 }, /batch: 25 is larger than the 24 training images/],
    ['learning-rate schedule', { lr: { peak: 0.1, schedule: 'step' } }, /expects the option `every`/],
    ['engine', { engine: 'cuda' }, /engine/],
    ['seed', { seed: -1 }, /seed/],
    ['threads that the engine does not have', { engine: { name: 'wasm', threads: 4 } }, /engine\.threads: 4/],
    ['missing plugin', { plugins: ['./nowhere.ts'] }, /there is no file "\.\/nowhere\.ts"/],
  ])('%s', async (_what, changes, message) => {
    expect(await mistake('train', configFile(changes), '--out', path('refused'))).toMatch(message);
    expect(existsSync(path('refused', 'config.yaml'))).toBe(false);
  });

  test('an override of a misspelt key', async () => {
    expect(await mistake('train', configFile(), '--set', 'epoch=1')).toContain('Did you mean "epochs"?');
  });

  test('all keys that nothing reads are named at once, each with the nearest', async () => {
    await mistake('train', configFile({ epoch: 3, bath: 5, lr: { peek: 3 }, rows: [{ methd: 'fnl' }] }));
    for (const key of ['lr.peek', 'rows[0].methd', 'epoch', 'bath']) {
      expect(written(stderr)).toContain(`"${key}". Did you mean`);
    }
    stderr.mockClear();
    await mistake('train', configFile(), '--set', 'epoch=1', '--set', 'btch=2');
    expect(written(stderr)).toMatch(/"epoch"\. Did you mean "epochs"\?\s+"btch"\. Did you mean "batch"\?/);
  });

  test('a dataset without a split for tests, and one with a label that is no class', async () => {
    registerDots();
    const dots = (options: object) => configFile({ dataset: { name: 'dots', ...options } });
    expect(await mistake('train', dots({ splits: ['train'] }), '--out', path('no-test'))).toContain(
      'no examples in a split "test", on which networks are evaluated; it has "train" (24)',
    );
    stderr.mockClear();
    expect(await mistake('train', dots({ wrongBy: 3 }), '--out', path('label'))).toMatch(
      /Example 5 of the split "train": the label of task "class" is 4, and its 4 classes are 0 to 3.*count from 0/,
    );
    expect(existsSync(path('label', 'result.json'))).toBe(false);
  });

  test('a balancer of one task is said to have no effect', async () => {
    const config = configFile({ balancer: 'nash-mtl', epochs: 1, limit: { train: 8, test: 2 } });
    expect(await main(['train', config, '--out', path('idle')])).toBe(0);
    expect(written(stderr)).toContain('balancer: nash-mtl has no effect: the run has one task');
    stderr.mockClear();
    expect(await main(['train', configFile({ epochs: 1 }), '--out', path('busy')])).toBe(0);
    expect(written(stderr)).not.toContain('no effect');
  });

  test('a dataset that is not there', async () => {
    const message = await mistake(
      'train',
      configFile({ dataset: 'cifar100' }),
      '--data-dir',
      path('empty'),
      '--out',
      out(),
    );
    expect(message).toContain('cifar100');
  });

  test('an output folder that holds another run', async () => {
    await interrupted({ ...tiny, seed: 99 }, path('other'), { update: 1 });
    expect(await mistake('train', configFile(), '--out', path('other'))).toContain('holds another run');
    stderr.mockClear();
    expect(await mistake('train', configFile(), '--out', path('other'), '--resume')).toContain('seed');
  });

  test('an output folder in use by a living process', async () => {
    mkdirSync(path('locked'));
    await leaveLock(path('locked'), {});
    expect(await mistake('train', configFile(), '--out', path('locked'))).toContain(
      `in use by process ${process.pid}`,
    );
  });
});

describe('commands on a run', () => {
  test('train, verify, evaluate and collapse', async () => {
    const config = configFile({ method: { name: 'fnl' }, epochs: 1 });
    expect(await main(['train', config, '--out', out(), '--json'])).toBe(0);
    const trained = JSON.parse(written(stdout)) as RunResult;
    expect(JSON.parse(textOf(out(), 'result.json'))).toEqual(trained);
    expect(trained.collapseGap).toBeLessThan(1e-4);
    for (const network of ['final', 'collapsed']) {
      stdout.mockClear();
      expect(await main(['evaluate', out(), '--network', network, '--json'])).toBe(0);
      const { scores, images } = JSON.parse(written(stdout)) as { scores: Scores; images: number };
      expect(images).toBe(10);
      const top1Error = ({ byTask }: Scores) => byTask.class!.figures.top1Error;
      expect(top1Error(scores)).toBeTypeOf('number');
      expect(top1Error(scores)).toBe(top1Error(trained.collapsed));
    }
    stdout.mockClear();
    expect(await main(['verify', out(), '--json'])).toBe(0);
    expect(JSON.parse(written(stdout))).toMatchObject({ ok: true });
    stdout.mockClear();
    expect(await main(['collapse', out(), '--norms', 'keep', '--out', path('kept'), '--json'])).toBe(0);
    expect(JSON.parse(written(stdout))).toMatchObject({ ok: true, folder: path('kept') });
    // Folding took the norms' scales away.
    const kept = (JSON.parse(written(stdout)) as { deployParameters: number }).deployParameters;
    expect(kept).toBeGreaterThan(trained.deployParameters);
  });

  test('a run is exported, compared, and inspected', async () => {
    await train({ ...tiny, method: 'fnl', epochs: 1 }, { out: path('run') });
    const results: Record<string, { gap: number; files: { name: string }[]; folder: string }> = {};
    for (const to of ['onnx', 'tfjs']) {
      stdout.mockClear();
      expect(await main(['export', path('run'), '--to', to, '--json'])).toBe(0);
      results[to] = JSON.parse(written(stdout));
      expect(results[to]!.gap).toBeLessThan(1e-4);
    }
    expect(results.onnx!.files.map(({ name }) => name)).toEqual(['model.onnx']);
    expect(await main(['export', path('run'), '--batch', '1', '--out', path('one-at-a-time')])).toBe(0);
    expect(results.tfjs!.files.map(({ name }) => name)).toContain('model.json');
    stdout.mockClear();
    expect(await main(['inspect', path('run'), '--json'])).toBe(0);
    const { networks } = JSON.parse(written(stdout)) as {
      networks: { path: string; role: string; about: Record<string, unknown> }[];
    };
    expect(networks.map(({ path: place, role }) => [place.slice(path('run').length + 1), role])).toEqual([
      ['final', 'expanded'],
      ['collapsed', 'collapsed'],
      ['exported/onnx/model.onnx', 'collapsed'],
      ['exported/tfjs/model.json', 'collapsed'],
    ]);
    const hash = { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) };
    for (const { about } of networks.slice(1))
      expect(about).toMatchObject({
        method: 'fnl',
        precision: 'float32',
        config: hash,
        source: hash,
        collapseGap: expect.any(Number),
      });
  });

  test('mistakes in exporting and inspecting are told, and nothing is written', async () => {
    await train({ ...tiny, method: 'fnl', epochs: 1 }, { out: path('exported-run') });
    const anew = (...given: string[]) => {
      stderr.mockClear();
      return mistake(...given);
    };
    expect(await anew('export', path('exported-run'), '--to', 'tflite')).toContain(
      'onnx or tfjs or safetensors',
    );
    expect(await anew('export', path('exported-run'), '--batch', '0')).toContain('--batch expects');
    expect(await anew('inspect', path('none'))).toContain('There is no file');
    expect(await main(['export', path('exported-run'), '--tolerance', '1e-13'])).toBe(1);
    expect(existsSync(path('exported-run', 'exported', 'onnx'))).toBe(false);
  });

  test('a Python that is asked for and cannot do it is told, and nothing is half written', async () => {
    const run = path('for-python');
    await train({ ...tiny, method: 'fnl', epochs: 1 }, { out: run });
    const before = readdirSync(run).sort();
    // One that is nowhere, and a program that runs and is no Python.
    for (const python of [path('no-python'), process.execPath]) {
      vi.stubEnv('OVERPARAM_PYTHON', python);
      stderr.mockClear();
      const said = await mistake('export', run, '--to', 'safetensors');
      expect(said).toContain(`OVERPARAM_PYTHON names "${python}"`);
      expect(said).toContain('pip install torch safetensors');
      expect(readdirSync(run).sort()).toEqual(before);
    }
    // What needs no Python does not ask for one.
    expect(await main(['export', run, '--to', 'tfjs'])).toBe(0);
    // A Python that says that it has PyTorch, and breaks off in the network's file.
    const broken = path('broken-python');
    const answers =
      'case "$1" in -c) echo 2.13.0;; *) echo half > "$4"; echo "no such operator" >&2; exit 1;; esac';
    writeFileSync(broken, `#!/bin/sh\n${answers}\n`, { mode: 0o755 });
    vi.stubEnv('OVERPARAM_PYTHON', broken);
    stderr.mockClear();
    expect(await main(['export', run, '--to', 'safetensors'])).toBe(1);
    expect(written(stderr)).toContain('PyTorch does not take the network: no such operator');
    // One that is ended from outside has no last words.
    writeFileSync(broken, '#!/bin/sh\ncase "$1" in -c) echo 2.13.0;; *) kill -9 $$;; esac\n');
    stderr.mockClear();
    expect(await main(['export', run, '--to', 'safetensors'])).toBe(1);
    expect(written(stderr)).toContain('Python ended by SIGKILL and said nothing.');
    expect(readdirSync(join(run, 'exported'))).toEqual(['tfjs']);
    vi.unstubAllEnvs();
  });

  test('networks that differ make verify fail with the exit code of failures', async () => {
    await train({ ...tiny, method: 'fnl', epochs: 1 }, { out: path('one') });
    expect(await main(['verify', path('one'), '--tolerance', '1e-12'])).toBe(1);
    expect(written(stderr)).toContain('is not the trained one');
    stdout.mockClear();
    expect(await main(['verify', path('one'), '--tolerance', '1e-12', '--json'])).toBe(1);
    const report = JSON.parse(written(stdout)) as { ok: boolean; layers: object[]; error: { code: string } };
    expect(report).toMatchObject({ ok: false, tolerance: 1e-12, error: { code: 'verify-failed' } });
    expect(report.layers.length).toBeGreaterThan(0);
  });

  test('a folder that is no run is named', async () => {
    expect(await mistake('verify', path('absent'))).toContain('is not a run folder');
  });
});

describe('list and doctor', () => {
  test('list names methods with their options', async () => {
    expect(await main(['list', 'methods', '--json'])).toBe(0);
    const { methods } = JSON.parse(written(stdout)) as {
      methods: { name: string; options: { name: string }[] }[];
    };
    expect(methods.map(({ name }) => name)).toEqual([
      'plain',
      'fnl',
      'repvgg',
      'acb',
      'dbb',
      'mobileone',
      'expandnets',
      'doconv',
      'orepa',
      'sgs',
      'trirep',
    ]);
    expect(methods.every(({ options }) => options.some(({ name }) => name === 'start'))).toBe(true);
  });

  test('list names balancers, heads and definitions of relative improvement', async () => {
    expect(await main(['list', '--json'])).toBe(0);
    const all = JSON.parse(written(stdout)) as Record<
      string,
      { name: string; options: { name: string }[] }[]
    >;
    const names = (kind: string) => all[kind]!.map(({ name }) => name);
    expect(names('balancers')).toHaveLength(28);
    expect(names('regularisers')).toEqual(['rep-mtl']);
    expect(all.balancers!.find(({ name }) => name === 'cagrad')!.options.map(({ name }) => name)).toContain(
      'c',
    );
    expect(names('heads')).toEqual(['segnet', 'deeplab', 'pooled']);
    expect(names('improvements')).toEqual(['deltaTask', 'deltaMetric', 'deltaM', 'deltaHeadline']);
  });

  test('list of an unknown kind suggests the nearest', async () => {
    expect(await mistake('list', 'method')).toContain('Did you mean "methods"?');
  });

  test('doctor says which engine auto takes', async () => {
    expect(await main(['doctor', '--json', '--data-dir', path('empty')])).toBe(0);
    const report = JSON.parse(written(stdout)) as {
      auto: { name: string };
      engines: { name: string; ok: boolean }[];
    };
    expect(report.engines.find(({ name }) => name === report.auto.name)?.ok).toBe(true);
  });

  test('data verify passes on the shipped sample and names what is missing elsewhere', async () => {
    expect(await main(['data', 'verify', 'cifar100-sample', '--json'])).toBe(0);
    expect(JSON.parse(written(stdout))).toMatchObject({ dataset: 'cifar100-sample', ok: true });
    stdout.mockClear();
    expect(await mistake('data', 'verify', 'cifar100', '--data-dir', path('empty'))).toContain('cifar100');
  });
});

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCommand, startCommand } from '../support/command';
import { hasNativeEngine } from '../support/native';
import { temporaryFolder, tiny } from '../support/tiny';

const path = temporaryFolder();
const file = (name: string, more: object = {}) => {
  mkdirSync(path(), { recursive: true });
  writeFileSync(path(name), JSON.stringify({ ...tiny, epochs: 2, batch: 7, ...more }));
  return path(name);
};
const engine = { name: 'tensorflow', threads: 1 };

async function freeAddresses(count: number): Promise<string[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(
    servers.map((server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))),
  );
  const addresses = servers.map((server) => `127.0.0.1:${(server.address() as { port: number }).port}`);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return addresses;
}

/** A file of NumPy's: a line of Python that says what it is, and bytes. */
function writeNpy(name: string, shape: readonly number[], bytes: Uint8Array): void {
  const about = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
  const text = `${about.padEnd(117)}\n`;
  const head = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, text.length, 0]);
  writeFileSync(name, Buffer.concat([head, Buffer.from(text), bytes]));
}

const place = (worker: readonly string[], index: number) =>
  JSON.stringify({ cluster: { worker }, task: { type: 'worker', index } });

/** What of a run is no clock time. */
const compared = ['metrics.jsonl', 'result.json', 'checkpoints/epoch-0002.safetensors'];

test.each([
  ['half a TF_CONFIG', [], '{"cluster":{"worker":["a:1","b:1"]}}', /which of the workers/],
  ['a number that is none', ['--workers', 'two'], '', /--workers is "two"/],
  [
    'a number that the environment contradicts',
    ['--workers', '3'],
    place(['a:1', 'b:1'], 0),
    /lists 2 workers/,
  ],
])('%s is a mistake', async (_, options, TF_CONFIG, words) => {
  const { code, stderr } = await startCommand(['train', file('wrong.yaml'), ...options], { TF_CONFIG })
    .result;
  expect(stderr).toMatch(words);
  expect(code).toBe(2);
});

test('a comparison of runs by several workers needs the native engine', async () => {
  const config = file('portable.yaml');
  const { code, stderr } = await runCommand('compare', config, '--workers', '2', '--out', path('portable'));
  expect(stderr).toMatch(/the engine here is "wasm"/);
  expect(code).toBe(2);
});

// Some run several commands, one after the other, and a busy machine takes its time.
describe.skipIf(!(await hasNativeEngine('training by workers')))('workers', { timeout: 600_000 }, () => {
  test('train a run that is the same each time, whoever is first', async () => {
    const config = file('run.yaml', { engine });
    for (const out of ['first', 'second']) {
      const { code, stderr } = await runCommand('train', config, '--workers', '2', '--out', path(out));
      expect(stderr).not.toMatch(/Error/);
      expect(code).toBe(0);
    }
    for (const name of compared) {
      expect(readFileSync(path('first', name)).equals(readFileSync(path('second', name)))).toBe(true);
    }
  });

  test('of which there is one train as if there were none, bit for bit', async () => {
    const config = file('single.yaml', { engine, lr: 0.05 });
    for (const [out, options] of [
      ['single', ['--workers', '1']],
      ['none', []],
    ] as const) {
      const { code, stderr } = await runCommand('train', config, ...options, '--out', path(out));
      expect(code, stderr).toBe(0);
    }
    for (const name of compared) {
      expect(readFileSync(path('single', name)).equals(readFileSync(path('none', name)))).toBe(true);
    }
  });

  test('train the runs of a comparison as they train one by itself, and say where bits differ', async () => {
    const config = file('run.yaml', { engine });
    const out = path('compared');
    const compared = await runCommand('compare', config, '--workers', '2', '--out', out, '--json');
    expect(compared.code, compared.stderr).toBe(0);
    const { rows } = JSON.parse(compared.stdout) as { rows: readonly object[] };
    expect(rows).toHaveLength(1);
    const [run] = readdirSync(out).filter((name) => existsSync(join(out, name, 'metrics.jsonl')));
    expect(
      readFileSync(join(out, run!, 'metrics.jsonl')).equals(readFileSync(path('first', 'metrics.jsonl'))),
    ).toBe(true);
    const options = ['--resume', '--set', 'epochs=3', '--out', path('none')];
    const more = await runCommand(
      'train',
      file('single.yaml', { engine, lr: 0.05 }),
      '--workers',
      '2',
      ...options,
    );
    expect(more.stderr).toMatch(
      /Until now one process trained this run, and from here on 2 workers: .* bits/,
    );
    expect(more.code).toBe(0);
  });

  test('that cannot listen, or wait in vain, name the address', async () => {
    const config = file('alone.yaml', { engine });
    const workers = await freeAddresses(2);
    const start = () =>
      startCommand(['train', config, '--worker-wait', '1', '--out', path('alone')], {
        TF_CONFIG: place(workers, 0),
      }).result;
    const missing = await start();
    expect(missing.stderr).toMatch(`Worker 0 has waited 1 s, and ${workers[1]} does not answer`);
    expect(missing.code).toBe(1);
    const server = createServer().listen(Number(workers[0]!.split(':')[1]));
    const taken = await start();
    server.close();
    expect(taken.stderr).toMatch(`(${workers[0]}): another process does`);
    expect(taken.code).toBe(2);
  });

  test('that were given other configs or data are named on each machine, before the first step', async () => {
    for (const index of [0, 1]) {
      mkdirSync(path(`data-${index}`, 'own'), { recursive: true });
      const pixels = Uint8Array.from({ length: 20 * 8 * 8 * 3 }, (_, at) => (at * 37) % 251);
      // One value of one picture.
      pixels[9] = index;
      writeNpy(path(`data-${index}`, 'own', 'images.npy'), [20, 8, 8, 3], pixels);
      const kinds = Uint8Array.from({ length: 20 }, (_, at) => at % 2);
      writeNpy(path(`data-${index}`, 'own', 'kind.npy'), [20], kinds);
    }
    const workers = await freeAddresses(2);
    const config = file('differs.yaml', {
      engine,
      dataset: { name: 'arrays', folder: 'own' },
      limit: { train: 14, test: 2 },
    });
    const ends = await Promise.all(
      workers.map((_, index) => {
        const options = ['--set', `lr.peak=0.0${index + 1}`, '--data-dir', path(`data-${index}`)];
        const TF_CONFIG = place(workers, index);
        return startCommand(['train', config, ...options, '--out', path(`differs-${index}`)], { TF_CONFIG })
          .result;
      }),
    );
    for (const { code, stderr } of ends) {
      expect(stderr).toMatch(new RegExp(`worker 1 \\(${workers[1]}\\) has the config`));
      expect(stderr).toMatch(new RegExp(`worker 1 \\(${workers[1]}\\) has the data`));
      expect(code).toBe(2);
    }
  });

  test('of which there are more than examples in a batch are refused', async () => {
    const config = file('small.yaml', { engine, batch: 1 });
    const { code, stderr } = await runCommand('train', config, '--workers', '2', '--out', path('small'));
    expect(stderr).toMatch(/batch: 1 has fewer examples than there are workers \(2\)/);
    expect(code).toBe(2);
  });
});

import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type InstallProgress, installLibrary, locate, platformOf, removeLibrary } from '../../src/library';
import {
  fakeLibrary,
  libraries,
  machines,
  makeWheel,
  temporaryFolder,
  wheelLibraries,
  writeFiles,
  writeLibraries,
  zip,
} from './support/files';
import { type Machine, makeMachine } from './support/machine';

const name = '2.21.0-linux-x64';

/** A machine and a wheel in its folder. */
async function withWheel(wheel: Buffer): Promise<Machine & { readonly wheel: string }> {
  const machine = await makeMachine();
  const file = join(machine.folder, 'given.whl');
  await writeFile(file, wheel);
  return { ...machine, wheel: file };
}

/** What the cache holds, hidden files included. */
async function cacheOf(machine: Machine): Promise<string[]> {
  return readdir(machine.cache).catch(() => []);
}

describe('from a wheel', () => {
  // Written by Python's zipfile, see fixtures/make-wheels.py.
  test.each(['plain', 'zip64'])('takes the libraries and nothing else (%s)', async (kind) => {
    const machine = await makeMachine();
    const wheel = `./fixtures/tensorflow_cpu-2.21.0-cp311-cp311-${kind}.whl`;
    const from = fileURLToPath(new URL(wheel, import.meta.url));
    const seen: InstallProgress[] = [];
    const options = {
      ...machine.options,
      from,
      progress: (progress: InstallProgress) => seen.push(progress),
    };
    const first = await installLibrary(options);

    expect(first).toMatchObject({ version: '2.21.0', already: false, located: { source: 'cache' } });
    expect(await cacheOf(machine)).toEqual([name]);
    expect((await readdir(join(machine.cache, name), { recursive: true })).sort()).toEqual(
      ['manifest.json', 'tensorflow', ...libraries.map((library) => `tensorflow/${library}`)].sort(),
    );
    const library = await readFile(first.located.library);
    expect(library.subarray(64).toString()).toBe(libraries[1].repeat(40));
    const manifest = JSON.parse(await readFile(join(first.folder, 'manifest.json'), 'utf8'));
    expect(manifest.files[1]).toEqual({
      path: `tensorflow/${libraries[1]}`,
      size: library.length,
      sha256: createHash('sha256').update(library).digest('hex'),
    });
    expect(seen.at(-1)).toMatchObject({ stage: 'unpack', what: libraries[1], done: seen.at(-1)!.total });

    expect(await installLibrary(options)).toMatchObject({ already: true, folder: first.folder });
    expect(await locate(machine.options)).toEqual(first.located);
  });

  test('a wheel with a file that would lie outside is refused', async () => {
    const machine = await makeMachine();
    const wheel = './fixtures/tensorflow_cpu-2.21.0-cp311-cp311-outside.whl';
    const from = fileURLToPath(new URL(wheel, import.meta.url));
    await expect(installLibrary({ ...machine.options, from })).rejects.toMatchObject({
      code: 'wheel-invalid',
      message: expect.stringContaining('could leave the folder'),
    });
    expect(await cacheOf(machine)).toEqual([]);
  });

  test('a folder that holds the wheel does as well', async () => {
    const machine = await makeMachine();
    await writeFiles(machine.folder, { 'tensorflow_cpu-2.21.0-cp311-cp311-any.whl': makeWheel() });
    const installed = await installLibrary({ ...machine.options, from: machine.folder });
    expect(installed.version).toBe('2.21.0');
  });

  const [framework, library] = libraries;
  const bad: [string, Buffer, string, RegExp][] = [
    [
      'a wrong hash',
      makeWheel({ record: (lines) => lines.map((line) => line.replace(/sha256=.../, 'sha256=AAA')) }),
      'wrong-hash',
      new RegExp(`${framework}.*SHA-256.*RECORD says`),
    ],
    [
      'a wrong size in RECORD',
      makeWheel({ record: (lines) => lines.map((line) => line.replace(/,640$/, ',641')) }),
      'wrong-hash',
      /640 bytes.*641 bytes/,
    ],
    [
      'a library that RECORD does not list',
      makeWheel({ record: (lines) => lines.slice(0, 1) }),
      'record-missing',
      new RegExp(`no SHA-256 for tensorflow/${library}`),
    ],
    ['no RECORD', zip(wheelLibraries(fakeLibrary())), 'wheel-invalid', /no wheel/],
    [
      'another package',
      makeWheel({ distribution: 'numpy', version: '2.0.0', files: { 'numpy/a': Buffer.from('a') } }),
      'wheel-invalid',
      /numpy 2\.0\.0.*Expected a wheel of tensorflow-cpu for linux-x64/,
    ],
    [
      'a wheel for macOS',
      makeWheel({ files: { 'tensorflow/libtensorflow_cc.2.dylib': fakeLibrary() } }),
      'wrong-architecture',
      /libtensorflow_cc\.2\.dylib.*another system than linux-x64/,
    ],
    [
      'a wheel for arm64',
      makeWheel({ files: wheelLibraries(fakeLibrary(machines.arm64)) }),
      'wrong-architecture',
      /for arm64/,
    ],
    ['a version too old', makeWheel({ version: '2.8.0' }), 'library-too-old', /2\.8\.0/],
    ['something else', Buffer.from('Not Found'.repeat(9)), 'wheel-truncated', /not a whole wheel/],
  ];
  test.each(bad)('%s is refused, and nothing is left', async (_name, wheel, code, message) => {
    const machine = await withWheel(wheel);
    await expect(installLibrary({ ...machine.options, from: machine.wheel })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    expect(await cacheOf(machine)).toEqual([]);
  });

  test('a wheel cut anywhere is refused as cut', async () => {
    const whole = makeWheel();
    for (let length = 0; length < whole.length; length += 37) {
      const machine = await withWheel(whole.subarray(0, length));
      await expect(installLibrary({ ...machine.options, from: machine.wheel })).rejects.toMatchObject({
        code: 'wheel-truncated',
      });
    }
  });

  test('a wheel with damaged bytes is refused, wherever they are', async () => {
    const whole = makeWheel();
    const codes = new Set<string>();
    for (let at = 30; at < whole.length - 22; at += 11) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 0x55;
      const machine = await withWheel(damaged);
      const outcome = await installLibrary({ ...machine.options, from: machine.wheel }).catch(
        (error) => error,
      );
      // Some bytes mean nothing: dates, attributes. Then the libraries must be the right ones all the same.
      if (outcome instanceof Error) codes.add((outcome as Error & { code: string }).code);
      else expect(await readFile(outcome.located.library)).toEqual(fakeLibrary());
    }
    expect(codes).not.toContain(undefined);
    expect([...codes]).toContain('wheel-truncated');
  });

  test('a member that unpacks to more than its directory says is stopped', async () => {
    const files = wheelLibraries(fakeLibrary(machines.x64, 1 << 22));
    const wheel = makeWheel({ files });
    const entry = wheel.lastIndexOf(Buffer.from(`tensorflow/${library}`)) - 46;
    wheel.writeUInt32LE(640, entry + 24);
    const machine = await withWheel(wheel);
    await expect(installLibrary({ ...machine.options, from: machine.wheel })).rejects.toMatchObject({
      code: 'wheel-truncated',
      message: expect.stringMatching(/longer than its directory says/),
    });
  });

  test('a version other than the one asked for is refused', async () => {
    const machine = await withWheel(makeWheel());
    const install = (version: string) => installLibrary({ ...machine.options, from: machine.wheel, version });
    await expect(install('2.20.0')).rejects.toMatchObject({ code: 'version-mismatch' });
    await expect(install('newest')).rejects.toMatchObject({ code: 'invalid-version' });
    await expect(install('2.11.0')).rejects.toMatchObject({ code: 'library-too-old' });
  });

  test('a path that does not exist is named', async () => {
    const { options, folder } = await makeMachine();
    await expect(installLibrary({ ...options, from: join(folder, 'no.whl') })).rejects.toMatchObject({
      code: 'from-missing',
      message: expect.stringContaining(join(folder, 'no.whl')),
    });
  });
});

describe('from a folder of libraries', () => {
  test('checks them against the RECORD beside it', async () => {
    const machine = await makeMachine();
    const place = join(machine.folder, 'site-packages');
    await writeLibraries(join(place, 'tensorflow'));
    const hash = createHash('sha256').update(fakeLibrary()).digest('base64url');
    const record = libraries.map((library) => `tensorflow/${library},sha256=${hash},640`).join('\n');
    await writeFiles(place, { 'tensorflow-2.20.0.dist-info/RECORD': record });
    const first = await installLibrary({ ...machine.options, from: place });
    expect(first).toMatchObject({ version: '2.20.0', folder: join(machine.cache, '2.20.0-linux-x64') });

    await removeLibrary(machine.options);
    await writeLibraries(join(place, 'tensorflow'), fakeLibrary(machines.x64, 640, 7));
    await expect(
      installLibrary({ ...machine.options, from: join(place, 'tensorflow') }),
    ).rejects.toMatchObject({ code: 'wrong-hash' });
  });

  test('asks for the version where nothing tells it', async () => {
    const machine = await makeMachine();
    const from = join(machine.folder, 'libraries');
    await writeLibraries(from);
    await expect(installLibrary({ ...machine.options, from })).rejects.toMatchObject({
      code: 'version-unknown',
    });
    const installed = await installLibrary({ ...machine.options, from, version: '2.21.0' });
    expect(installed.version).toBe('2.21.0');
  });
});

describe('with pip', () => {
  test.each(['python3', 'pip', 'uv'] as const)('called as %s', async (program) => {
    const source = await temporaryFolder();
    const wheel = 'tensorflow_cpu-2.20.0-cp311-cp311-manylinux_2_27_x86_64.whl';
    await writeFiles(source, { [wheel]: makeWheel({ version: '2.20.0' }) });
    const pip = `echo "  Downloading ${wheel} (1.4 kB)"; cp ${source}/*.whl "$dest"; sleep 0.4`;
    const machine = await makeMachine({ pip, program });
    const seen: InstallProgress[] = [];
    const options = { ...machine.options, version: '2.20.0' };
    const installed = await installLibrary({ ...options, progress: (progress) => seen.push(progress) });
    expect(installed).toMatchObject({ version: '2.20.0', already: false });
    const [download, ...more] = await machine.downloads();
    expect(more).toEqual([]);
    const asked =
      /^(-m pip )?download --no-deps --only-binary=:all: --python-version 3\.11 .*tensorflow-cpu==2\.20\.0$/;
    expect(download).toMatch(asked);
    const what = 'tensorflow_cpu-2.20.0';
    expect(seen).toContainEqual({ stage: 'download', done: expect.any(Number), total: 1400, what });
    expect(await cacheOf(machine)).toEqual(['2.20.0-linux-x64']);
  });

  test('none says how to go on without', async () => {
    const { options } = await makeMachine({ python: '/nowhere' });
    await expect(installLibrary(options)).rejects.toMatchObject({
      code: 'pip-missing',
      message: expect.stringMatching(/pip download .*tensorflow-cpu==2\.21\.0.*--from/),
    });
  });

  const failures: [string, string, string, RegExp][] = [
    [
      'an unknown version',
      'echo "ERROR: No matching distribution (from versions: 2.20.0, 2.21.0)" >&2; exit 1',
      'download-failed',
      /finds no wheel for tensorflow-cpu==2\.21\.0.*It knows 2\.20\.0, 2\.21\.0/,
    ],
    [
      'no network',
      'echo "ERROR: Could not connect" >&2; exit 1',
      'download-failed',
      /ERROR: Could not connect Check the network.*--from/,
    ],
    [
      'a full disk',
      'echo "ERROR: Could not install: [Errno 28] No space left on device" >&2; exit 1',
      'disk-full',
      /about 1\.2 GB are needed.*XDG_CACHE_HOME/,
    ],
    ['a wheel that was cut', 'printf PK > "$dest/tensorflow_cpu-2.21.0-a.whl"', 'wheel-truncated', /2 bytes/],
    ['nothing', 'exit 0', 'download-failed', /could not download/],
  ];
  test.each(failures)('%s', async (_name, pip, code, message) => {
    const machine = await makeMachine({ pip });
    await expect(installLibrary(machine.options)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    expect(await cacheOf(machine)).toEqual([]);
  });

  test('an interruption ends it and leaves nothing', async () => {
    const machine = await makeMachine({ pip: `echo $$ > "$dest/../../../pip.pid"; sleep 60 & wait` });
    const controller = new AbortController();
    const begun = installLibrary({ ...machine.options, signal: controller.signal });
    const failed = expect(begun).rejects.toMatchObject({ code: 'interrupted' });
    const file = join(machine.cache, '..', 'pip.pid');
    await expect.poll(() => readFile(file, 'utf8').catch(() => ''), { timeout: 20_000 }).not.toBe('');
    controller.abort();
    await failed;
    expect(await cacheOf(machine)).toEqual([]);
    const id = Number(await readFile(file, 'utf8'));
    await expect
      .poll(() => {
        try {
          return process.kill(id, 0);
        } catch {
          return 'gone';
        }
      })
      .toBe('gone');
  });
});

describe('with GPU support', () => {
  const metadata = [
    'Requires-Dist: numpy>=1.26',
    'Requires-Dist: nvidia-cublas-cu12 (<13.0,>=12.5); extra == "and-cuda"',
    'Requires-Dist: nvidia-cudnn-cu12<10.0,>=9.3; extra == "and-cuda"',
  ].join('\n');

  test("gets NVIDIA's libraries, and keeps to their folder", async () => {
    const source = await temporaryFolder();
    await writeFiles(source, {
      'tensorflow-2.21.0-cp311.whl': makeWheel({ distribution: 'tensorflow', metadata }),
      'nvidia_cublas_cu12-12.9-py3.whl': makeWheel({
        distribution: 'nvidia_cublas_cu12',
        files: {
          'nvidia/cublas/lib/libcublas.so.12': fakeLibrary(),
          'nvidia/cublas/include/cublas.h': Buffer.from('not wanted'),
        },
      }),
    });
    const pip = `case "$*" in *nvidia*) cp ${source}/nvidia* "$dest";; *) cp ${source}/tensorflow* "$dest";; esac`;
    const machine = await makeMachine({ pip });
    const { folder, located } = await installLibrary({ ...machine.options, gpu: true });
    expect(folder).toBe(join(machine.cache, `${name}-gpu`));
    expect(await machine.downloads()).toEqual([
      expect.stringMatching(/ tensorflow==2\.21\.0$/),
      expect.stringMatching(/ nvidia-cublas-cu12<13\.0,>=12\.5 nvidia-cudnn-cu12<10\.0,>=9\.3$/),
    ]);
    expect(await readdir(join(folder, 'nvidia'), { recursive: true })).toEqual([
      'cublas',
      'cublas/lib',
      'cublas/lib/libcublas.so.12',
    ]);
    expect(await locate(machine.options)).toEqual(located);
  });

  test("refuses NVIDIA's libraries that would lie outside", async () => {
    const source = await temporaryFolder();
    await writeFiles(source, {
      'tensorflow-2.21.0-cp311.whl': makeWheel({ distribution: 'tensorflow', metadata }),
      'nvidia_cublas_cu12-12.9-py3.whl': makeWheel({
        distribution: 'nvidia_cublas_cu12',
        files: { 'nvidia/cublas/lib/../../../../outside.so': fakeLibrary() },
      }),
    });
    const pip = `case "$*" in *nvidia*) cp ${source}/nvidia* "$dest";; *) cp ${source}/tensorflow* "$dest";; esac`;
    const machine = await makeMachine({ pip });
    await expect(installLibrary({ ...machine.options, gpu: true })).rejects.toMatchObject({
      code: 'wheel-invalid',
    });
    expect(await cacheOf(machine)).toEqual([]);
    expect(await readdir(machine.folder)).not.toContain('outside.so');
  });

  test('is refused where the wheel or the system has none', async () => {
    const machine = await withWheel(makeWheel());
    const install = (options: object) =>
      installLibrary({ ...machine.options, gpu: true, from: machine.wheel, ...options });
    await expect(install({})).rejects.toMatchObject({ code: 'wheel-invalid' });
    await expect(install({ platform: platformOf('darwin', 'arm64') })).rejects.toMatchObject({
      code: 'gpu-unavailable',
    });
  });
});

describe('more than one at once', () => {
  test('the second waits for the first', async () => {
    const source = await temporaryFolder();
    await writeFiles(source, { 'tensorflow_cpu-2.21.0-a.whl': makeWheel() });
    const machine = await makeMachine({ pip: `sleep 0.5; cp ${source}/*.whl "$dest"` });
    const waited: string[] = [];
    const progress = ({ stage, what }: InstallProgress) => void (stage === 'waiting' && waited.push(what));
    const both = await Promise.all([1, 2].map(() => installLibrary({ ...machine.options, progress })));
    expect(both.map(({ already }) => already).sort()).toEqual([false, true]);
    expect(await machine.downloads()).toHaveLength(1);
    expect(waited).toEqual([`process ${process.pid}`]);
  });

  /** Another process that holds the lock in a machine's cache, and what it would have begun. */
  async function begunByAnother(machine: Machine): Promise<ChildProcess> {
    await writeFiles(machine.cache, {
      [`.${name}.partial-abc/whole/tensorflow/${libraries[0]}`]: 'half',
    });
    const lock = JSON.stringify(join(machine.cache, `.${name}.lock`));
    const program = `import('@overparam/files').then(({ acquireLock }) => acquireLock(${lock})).then(() => {
      console.log('held');
      setInterval(() => {}, 1000);
    });`;
    const child = spawn(
      process.execPath,
      ['--conditions=@overparam/source', '--import', 'tsx', '-e', program],
      { cwd: fileURLToPath(new URL('../..', import.meta.url)), stdio: ['ignore', 'pipe', 'inherit'] },
    );
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    return child;
  }

  test('what a process that was killed left is cleared', async () => {
    const machine = await withWheel(makeWheel());
    const child = await begunByAnother(machine);
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(await cacheOf(machine)).toContain(`.${name}.lock`);
    await installLibrary({ ...machine.options, from: machine.wheel });
    expect(await cacheOf(machine)).toEqual([name]);
  });

  test('one that waits can be interrupted, and the other goes on', async () => {
    const machine = await withWheel(makeWheel());
    await begunByAnother(machine);
    const controller = new AbortController();
    const progress = ({ stage }: InstallProgress) => void (stage === 'waiting' && controller.abort());
    await expect(
      installLibrary({ ...machine.options, from: machine.wheel, signal: controller.signal, progress }),
    ).rejects.toMatchObject({ code: 'interrupted' });
    expect(await cacheOf(machine)).toEqual([`.${name}.lock`, `.${name}.partial-abc`]);
  });
});

test('an installation that is not whole is replaced', async () => {
  const machine = await withWheel(makeWheel());
  await writeFiles(join(machine.cache, name), { 'tensorflow/libtensorflow_cc.so.2': 'half' });
  const installed = await installLibrary({ ...machine.options, from: machine.wheel });
  expect(installed.already).toBe(false);
  expect(await readFile(installed.located.library)).toEqual(fakeLibrary());
  expect(await cacheOf(machine)).toEqual([name]);
});

test('a cache that cannot be written to is named', async () => {
  const machine = await withWheel(makeWheel());
  const environment = { ...machine.options.environment, XDG_CACHE_HOME: machine.wheel };
  await expect(
    installLibrary({ ...machine.options, environment, from: machine.wheel }),
  ).rejects.toMatchObject({
    code: 'cache-unwritable',
    message: expect.stringMatching(/given\.whl\/overparam.*XDG_CACHE_HOME/),
  });
});

test('removing takes installations and leftovers, and nothing else', async () => {
  const machine = await withWheel(makeWheel());
  await installLibrary({ ...machine.options, from: machine.wheel });
  await writeFiles(machine.folder, { 'other.whl': makeWheel({ version: '2.20.0' }) });
  await installLibrary({ ...machine.options, from: join(machine.folder, 'other.whl') });
  await mkdir(join(machine.cache, '.2.19.0-linux-x64.partial-x'));
  await writeFiles(machine.cache, { 'notes.txt': 'mine' });
  await copyFile(machine.wheel, join(machine.cache, 'given.whl'));

  const one = await removeLibrary({ ...machine.options, version: '2.20.0' });
  expect(one.folders).toEqual([join(machine.cache, '2.20.0-linux-x64')]);
  expect(one.bytes).toBeGreaterThan(2 * 640);
  expect(await removeLibrary(machine.options)).toMatchObject({ folders: [join(machine.cache, name)] });
  expect(await cacheOf(machine)).toEqual(['given.whl', 'notes.txt']);
  expect(await removeLibrary(machine.options)).toEqual({ folders: [], bytes: 0 });
});

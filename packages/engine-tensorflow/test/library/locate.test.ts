import { copyFile, mkdir, truncate } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadLibrary } from '../../src/binding/library';
import { describeStatus, installLibrary, libraryStatus, locate, platformOf } from '../../src/library';
import { parseHeader } from '../../src/library/header';
import { compareVersions, versionOfFolder } from '../../src/library/version';
import {
  fakeLibrary,
  fakeMachLibrary,
  libraries,
  machines,
  makeWheel,
  temporaryFolder,
  writeFiles,
  writeLibraries,
} from './support/files';
import { makeMachine } from './support/machine';

describe('the order of looking', () => {
  test('environment, cache, Python, tfjs-node', async () => {
    const python = join(await temporaryFolder(), 'site-packages', 'tensorflow');
    const named = await temporaryFolder();
    const { folder, options: machine } = await makeMachine({ python });
    const environment: Record<string, string | undefined> = { ...machine.environment };
    const options = { ...machine, environment, workingFolder: folder };
    const source = async () => (await locate(options)).source;

    const deps = 'node_modules/@tensorflow/tfjs-node';
    await writeFiles(folder, {
      [`${deps}/package.json`]: '{"name":"@tensorflow/tfjs-node"}',
      [`${deps}/deps/lib/libtensorflow.so.2.9.1`]: fakeLibrary(),
      [`${deps}/deps/lib/libtensorflow.so.2`]: fakeLibrary(),
      [`${deps}/deps/lib/libtensorflow_framework.so.2`]: fakeLibrary(),
    });
    const fromTfjs = await locate(options);
    expect(fromTfjs).toMatchObject({ source: 'tfjs-node', version: '2.9.1' });
    expect(fromTfjs.lacks.join(' ')).toContain('CUDA 11.2');

    await writeLibraries(python);
    expect(await source()).toBe('python');

    const wheel = join(folder, 'given.whl');
    await writeFiles(folder, { 'given.whl': makeWheel() });
    await installLibrary({ ...machine, from: wheel });
    const cached = await locate(options);
    expect(cached).toMatchObject({ source: 'cache', version: '2.21.0', lacks: [] });

    await writeLibraries(named);
    environment.OVERPARAM_TENSORFLOW = named;
    expect(await locate(options)).toEqual({
      source: 'environment',
      framework: join(named, libraries[0]),
      library: join(named, libraries[1]),
      version: 'unknown',
      lacks: [],
    });
    const status = await libraryStatus(options);
    expect(status.findings.map((finding) => finding.source)).toEqual([
      'environment',
      'cache',
      'python',
      'tfjs-node',
    ]);
  });

  test('nothing anywhere says how to get it', async () => {
    const { folder, options } = await makeMachine();
    await expect(locate({ ...options, workingFolder: folder })).rejects.toMatchObject({
      code: 'library-missing',
      message: expect.stringMatching(/not on this machine.*npx @overparam\/engine-tensorflow install/),
    });
    const status = await libraryStatus({ ...options, workingFolder: folder });
    expect(status).toMatchObject({ findings: [], uses: null, pip: null });
    expect(describeStatus(status)).toMatch(/not on this machine[\s\S]*pip: not found/);
  });

  test('the newest installation comes first, and a broken one is passed over with its fault', async () => {
    const { folder, cache, options } = await makeMachine();
    for (const version of ['2.20.0', '2.9.1', '2.21.0']) {
      await writeFiles(folder, { [`${version}.whl`]: makeWheel({ version }) });
      await installLibrary({ ...options, from: join(folder, `${version}.whl`) });
    }
    expect((await locate(options)).version).toBe('2.21.0');
    await truncate(join(cache, '2.21.0-linux-x64', 'tensorflow', libraries[1]), 100);
    const second = await locate(options);
    expect(second).toMatchObject({ version: '2.20.0', lacks: [expect.stringContaining('2.20.0')] });
    const [broken] = (await libraryStatus(options)).findings;
    expect(broken).toMatchObject({
      located: null,
      problem: { code: 'library-invalid', message: expect.stringMatching(/100 bytes where 640.*again/) },
    });
  });

  test('a version that the cache cannot name is asked of Python’s neighbours', async () => {
    const folder = await temporaryFolder();
    await writeLibraries(join(folder, 'tensorflow'));
    expect(await versionOfFolder(join(folder, 'tensorflow'))).toBeNull();
    await mkdir(join(folder, 'tensorflow_cpu-2.16.2.dist-info'));
    expect(await versionOfFolder(join(folder, 'tensorflow'))).toBe('2.16.2');
    await writeFiles(join(folder, 'tensorflow', 'include', 'tensorflow', 'core', 'public'), {
      'release_version.h':
        '#define TF_MAJOR_VERSION 2\n#define TF_MINOR_VERSION 17\n#define TF_PATCH_VERSION 1\n',
    });
    expect(await versionOfFolder(join(folder, 'tensorflow'))).toBe('2.17.1');
  });
});

describe('OVERPARAM_TENSORFLOW that cannot be used is an error, and nothing else is taken', () => {
  const bad: [string, Buffer, string, RegExp][] = [
    [
      'another architecture',
      fakeLibrary(machines.arm64),
      'wrong-architecture',
      /for arm64 \(ELF\).*linux-x64/,
    ],
    ['32 bit', fakeLibrary(machines.ia32), 'wrong-architecture', /for ia32/],
    ['another system', fakeMachLibrary(), 'wrong-architecture', /arm64 \(Mach-O\)/],
    ['cut', fakeLibrary().subarray(0, 500), 'library-invalid', /cut: its header speaks of 640 bytes.*500/],
    ['no library', Buffer.from('version https://git-lfs'.repeat(9)), 'library-invalid', /not a library/],
    ['empty', Buffer.alloc(0), 'library-invalid', /not a library.*0 bytes/],
  ];
  test.each(bad)('%s', async (_name, bytes, code, message) => {
    const folder = await temporaryFolder();
    await writeLibraries(folder, bytes);
    const python = await temporaryFolder();
    await writeLibraries(python);
    const { options } = await makeMachine({ python, environment: { OVERPARAM_TENSORFLOW: folder } });
    await expect(locate(options)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(new RegExp(`^OVERPARAM_TENSORFLOW: ${folder}.*${message.source}`)),
    });
  });

  test('too old', async () => {
    const folder = await temporaryFolder();
    await writeLibraries(join(folder, 'tensorflow'));
    await mkdir(join(folder, 'tensorflow-2.8.4.dist-info'));
    const { options } = await makeMachine({ environment: { OVERPARAM_TENSORFLOW: folder } });
    await expect(locate({ ...options })).rejects.toMatchObject({
      code: 'library-too-old',
      message: expect.stringMatching(/2\.8\.4 .* too old: 2\.9\.1 or newer/),
    });
  });

  test('a folder that is not there, or holds something else', async () => {
    const empty = await temporaryFolder();
    for (const [folder, message] of [
      [join(empty, 'nowhere'), /does not exist/],
      [empty, /holds neither libtensorflow_framework\.so\.2 and|holds neither/],
    ] as const) {
      const { options } = await makeMachine({ environment: { OVERPARAM_TENSORFLOW: folder } });
      await expect(locate(options)).rejects.toMatchObject({
        code: 'library-missing',
        message: expect.stringMatching(message),
      });
    }
  });
});

test('a library without the functions is refused when it is loaded, and named', async () => {
  // koffi's own addon: a real library for this machine, and surely not TensorFlow.
  const require = createRequire(import.meta.url);
  const addon = Object.keys(require.cache).find((file) => file.endsWith('koffi.node'));
  expect(addon).toBeDefined();
  const folder = await temporaryFolder();
  const { framework, library } = platformOf();
  await copyFile(addon!, join(folder, framework));
  await copyFile(addon!, join(folder, library));
  const located = await locate({ environment: { OVERPARAM_TENSORFLOW: folder } });
  expect(() => loadLibrary(located)).toThrow(/lacks TF_Version, .* more functions/);
});

test('other systems get a clear word', () => {
  expect(() => platformOf('win32', 'x64')).toThrow(
    /linux-x64, linux-arm64, darwin-arm64; this is win32-x64.*wasm/,
  );
  expect(() => platformOf('darwin', 'x64')).toThrow(/this is darwin-x64/);
  expect(platformOf('darwin', 'arm64').library).toBe('libtensorflow_cc.2.dylib');
});

test('a Mach-O file of several architectures names all', () => {
  const bytes = Buffer.alloc(256);
  bytes.writeUInt32BE(0xcafebabe, 0);
  bytes.writeUInt32BE(2, 4);
  bytes.writeUInt32BE(0x1000007, 8);
  bytes.writeUInt32BE(0x100000c, 28);
  expect(parseHeader(bytes)).toMatchObject({ format: 'Mach-O', architectures: ['x64', 'arm64'] });
});

test('versions compare by number', () => {
  const sorted = ['2.9.1', '2.21.0', '2.12.0rc1', '2.12.1', '3.0.0'].sort(compareVersions);
  expect(sorted).toEqual(['2.9.1', '2.12.0rc1', '2.12.1', '2.21.0', '3.0.0']);
});

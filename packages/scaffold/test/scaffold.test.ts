import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { scaffold, scaffoldKinds } from '../src/index';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'overparam-scaffold-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const kinds = Object.keys(scaffoldKinds);

test.each(kinds)('a new %s has its name everywhere, and nothing of what it was made from', async (kind) => {
  const { files } = await scaffold(kind, 'ghost-kernels', { folder: join(folder, 'new') });
  const found = (await readdir(join(folder, 'new'), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, 'new').length + 1));
  expect(files).toEqual(found.sort());
  expect(files).toContain('src/ghost-kernels.ts');
  for (const file of files) {
    expect(await readFile(join(folder, 'new', file), 'utf8')).not.toMatch(/my-part|myPart|\^0\.0\.0-/);
  }
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const manifest = JSON.parse(await readFile(join(folder, 'new', 'package.json'), 'utf8')) as {
    name: string;
    dependencies: Record<string, string>;
  };
  expect(manifest.name).toBe('overparam-plugin-ghost-kernels');
  expect(manifest.dependencies['@overparam/plugin']).toBe(`^${version}`);
});

test('new folders of every kind type-check under their own settings', async () => {
  // Below this package, so that what they import is found as where it is installed.
  const own = await mkdtemp(join(import.meta.dirname, '..', '.types-'));
  try {
    const names = await Promise.all(
      kinds.map(async (kind) => {
        const { files } = await scaffold(kind, `new-${kind}`, { folder: join(own, kind) });
        return files.filter((file) => file.endsWith('.ts')).map((file) => join(own, kind, file));
      }),
    );
    const read = ts.readConfigFile(join(own, kinds[0]!, 'tsconfig.json'), (path) => ts.sys.readFile(path));
    const { options } = ts.convertCompilerOptionsFromJson(
      (read.config as { compilerOptions: object }).compilerOptions,
      own,
    );
    const program = ts.createProgram(names.flat(), { ...options, customConditions: ['@overparam/source'] });
    const problems = ts
      .getPreEmitDiagnostics(program)
      .filter(({ file }) => file?.fileName.includes('.types-'))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
    expect(problems).toEqual([]);
  } finally {
    await rm(own, { recursive: true, force: true });
  }
});

test('an empty folder is taken, a full one is left alone', async () => {
  await mkdir(join(folder, 'empty'));
  await scaffold('method', 'one', { folder: join(folder, 'empty') });
  expect(existsSync(join(folder, 'empty', 'config.yaml'))).toBe(true);
  await mkdir(join(folder, 'full'));
  await writeFile(join(folder, 'full', 'mine'), 'mine');
  await expect(scaffold('method', 'one', { folder: join(folder, 'full') })).rejects.toThrow(
    'The folder "full" is there and not empty. Choose another --out, or another name.',
  );
  expect(await readdir(join(folder, 'full'))).toEqual(['mine']);
  expect((await readdir(folder)).sort()).toEqual(['empty', 'full']);
});

test.each([
  ['methud', 'one', 'There is no new "methud" to begin. Did you mean "method"?'],
  ['thing', 'one', 'Expected method, routine, dataset, backbone, balancer, task.'],
  ['method', 'My Method', '"My Method" cannot be the name of a method: expected small letters'],
  ['method', '../up', '"../up" cannot be the name of a method'],
  ['method', 'class', '"class" cannot be the name of a method'],
  ['method', 'fnl', 'There is a method "fnl" already'],
])('%s %s is refused: %s', async (kind, name, message) => {
  const attempt = scaffold(kind, name, { folder: join(folder, 'new'), taken: ['fnl'] });
  await expect(attempt).rejects.toThrow(message);
  expect(await readdir(folder)).toEqual([]);
});

import { execFile, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const tells = new URL('../fixtures/loaded-modules.mjs', import.meta.url).href;
const source = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const own = fileURLToPath(new URL('../..', import.meta.url));
const built = 'node_modules/.cache/help-test';

beforeAll(async () => {
  // What is published, without its types.
  const tsup = fileURLToPath(new URL('../../../../node_modules/tsup/dist/cli-default.js', import.meta.url));
  const given = ['--no-dts', '--no-clean', '--format', 'esm', '--out-dir', built];
  await promisify(execFile)(process.execPath, [tsup, ...given], { cwd: own });
}, 120_000);
afterAll(() => rmSync(`${own}/${built}`, { recursive: true, force: true }));

/** What a process of its own loads for a command line: packages by name, `@overparam/...` ones too, and how many files. */
function loadedFor(entry: string, ...words: string[]) {
  const options = ['--conditions=@overparam/source', '--import', loader, '--import', tells];
  const { stderr, status } = spawnSync(process.execPath, [...options, entry, ...words], { encoding: 'utf8' });
  const files = [...stderr.matchAll(/^loads file:\/\/([^?\n]+)/gm)].map(([, file]) => file!);
  const packages = files.map((file) => {
    const theirs = /.*\/node_modules\/((?:@[^/]+\/)?[^/.][^/]*)\//.exec(file)?.[1];
    const ours = /\/packages\/([^/]+)\//.exec(file)?.[1];
    return theirs ?? (ours ? `@overparam/${ours}` : file);
  });
  return { names: [...new Set(packages)].sort(), count: new Set(files).size, status };
}

/** All that help may wait for. TensorFlow.js takes a second to load, zod a tenth. */
const light = [
  '@overparam/config',
  '@overparam/engine-tensorflow',
  '@overparam/errors',
  '@overparam/runner',
  '@overparam/terminal',
  '@overparam/workers',
  'commander',
];

test.each([
  ['--help', 0],
  ['train --help', 0],
  ['--version', 0],
  ['trian', 2],
])('"overparam %s" waits for no package that it does not need, built or from source', (line, code) => {
  for (const entry of [source, `${own}/${built}/cli.js`]) {
    const { names, count, status } = loadedFor(entry, ...line.split(' '));
    expect(names.filter((name) => !light.includes(name))).toEqual([]);
    expect(names).toContain('commander');
    // Packages that are light give a file or two, not all that they hold.
    expect(count).toBeLessThan(60);
    expect(status).toBe(code);
  }
});

test('a list needs TensorFlow.js, and is seen to load it', () => {
  const { names } = loadedFor(source, 'list', 'routines');
  expect(names).toEqual(expect.arrayContaining(['@overparam/engine', 'zod']));
  expect(names.some((name) => name.startsWith('@tensorflow/'))).toBe(true);
});

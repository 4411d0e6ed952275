import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blocksOf, programOf, promisedBy } from '../src/page';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const here = fileURLToPath(new URL('..', import.meta.url));
const folder = join(here, '.cache');
const commandLine = join(root, 'scripts/cli.mjs');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** Makes the folder in which a program finds every package of the workspace, as if all of them were installed. */
function prepareFolder(): void {
  const scope = join(folder, 'node_modules', '@overparam');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(scope, { recursive: true });
  for (const name of readdirSync(join(root, 'packages'))) {
    symlinkSync(join(root, 'packages', name), join(scope, name), 'junction');
  }
}

/** Runs a program on the workspace's sources and gives back what it prints. */
async function run(name: string, code: string): Promise<string> {
  const file = join(folder, `${name}.ts`);
  writeFileSync(file, code);
  const flags = ['--conditions=@overparam/source', '--import=tsx', file];
  const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: folder });
  return stdout;
}

/** Without TensorFlow.js's own greeting, which depends on the machine. */
function withoutGreeting(output: string): string {
  return output.replace(/^=+\nHi, looks like.*?\n=+\n/gms, '').trim();
}

/** Whole numbers and truth values as they are; others within a twentieth, as errors differ a little by machine. */
function isPrinted(promised: string, printed: string): boolean {
  if (!promised.includes('.')) return printed.includes(promised);
  const numbers = printed.match(/-?\d+(\.\d+)?(e-?\d+)?/g) ?? [];
  return numbers.some(
    (number) => Math.abs(Number(number) - Number(promised)) <= Math.abs(Number(promised)) / 20,
  );
}

// An address that only stands for one cannot be read.
const needsNoDownload = (path: string) => !programOf(read(path))?.code.includes('https://example.');
const readmes = readdirSync(join(root, 'packages'))
  .map((name) => `packages/${name}/README.md`)
  .filter((path) => existsSync(join(root, path)));
const pages = ['README.md', 'docs/getting-started.md', 'docs/your-own-loop.md', ...readmes].filter(
  (path) => programOf(read(path)) !== null && needsNoDownload(path),
);

beforeAll(prepareFolder);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Some programs train for a while, and other tests take their share of the cores.
const patience = 300_000;

test.for(pages)(
  'the code in %s runs and prints what it says',
  { timeout: patience },
  async (path, { skip }) => {
    const { code, output } = programOf(read(path))!;
    let printed = '';
    try {
      printed = withoutGreeting(await run(path.replaceAll(/[^a-z]+/gi, '-'), code));
    } catch (error) {
      const reason = String((error as { stderr?: string }).stderr);
      if (!reason.includes("TensorFlow's library is not on this machine")) throw error;
      console.warn(
        `*** SKIPPED: the code in ${path} needs TensorFlow's library, which is not on this machine. ***`,
      );
      skip();
    }
    if (output !== null) expect(printed).toBe(output.trim());
    for (const promised of promisedBy(code))
      expect(isPrinted(promised, printed), `${promised} in ${printed}`).toBe(true);
  },
);

test.each([
  ['docs/getting-started.md', 'first.yaml', []],
  // `train` on a comparison's config trains the row that it is told.
  ['docs/getting-started.md', 'comparison.yaml', ['method=repvgg', 'routine=joint']],
  ['docs/several-tasks.md', 'tasks.yaml', []],
  ['docs/several-tasks.md', 'tasks.yaml', ['method=trirep', 'method.multiTask=perTask']],
  ['docs/several-tasks.md', 'tasks-comparison.yaml', ['method=trirep']],
])('%s shows %s, and it runs: %o', { timeout: patience }, async (page, name, settings) => {
  const config = readFileSync(join(here, name), 'utf8');
  expect(blocksOf(read(page)).map(({ code }) => code)).toContain(config);
  const out = mkdtempSync(join(tmpdir(), 'overparam-documentation-'));
  const limit = name.startsWith('tasks')
    ? ['limit.train=4', 'limit.test=2']
    : ['limit.train=100', 'limit.test=50'];
  const given = ['epochs=1', ...limit, ...settings].flatMap((setting) => ['--set', setting]);
  try {
    const flags = ['--conditions=@overparam/source', '--import=tsx', commandLine];
    const command = [...flags, 'train', join(here, name), '--out', join(out, 'run'), ...given];
    const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: here });
    expect(stdout).toContain('collapse gap');
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
});

test("a run whose every part is a plugin of one's own trains, collapses and reports its own metric", {
  timeout: patience,
}, async () => {
  const example = join(root, 'examples/writing-a-method');
  const out = mkdtempSync(join(tmpdir(), 'overparam-plugin-'));
  try {
    const flags = ['--conditions=@overparam/source', '--import=tsx', commandLine];
    const command = [...flags, 'train', join(example, 'every-part.yaml'), '--out', join(out, 'run')];
    const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: example });
    expect(stdout).toContain('collapse gap');
    const result = JSON.parse(readFileSync(join(out, 'run', 'result.json'), 'utf8')) as unknown;
    expect(JSON.stringify(result)).toContain('exact');
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
});

test('every file that a page links to exists', () => {
  for (const path of [
    'README.md',
    'CONTRIBUTING.md',
    'docs/README.md',
    'docs/getting-started.md',
    'docs/several-tasks.md',
    'docs/writing-a-method.md',
    'docs/writing-a-plugin.md',
    'docs/your-own-loop.md',
  ]) {
    const links = [...read(path).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, link]) => link!);
    const missing = links.filter((link) => !existsSync(join(root, path, '..', link)));
    expect(missing, path).toEqual([]);
  }
});

test.each(['docs/writing-a-method.md', 'docs/writing-a-plugin.md'])(
  '%s shows the code that examples/writing-a-method tests',
  (page) => {
    const example = 'examples/writing-a-method';
    const files = ['src', 'test']
      .flatMap((name) => readdirSync(join(root, example, name)).map((file) => `${example}/${name}/${file}`))
      .concat(`${example}/config.yaml`, `${example}/every-part.yaml`)
      .map(read);
    const shown = blocksOf(read(page)).filter(({ language }) => /^(ts|yaml)/.test(language));
    expect(shown.length).toBeGreaterThan(3);
    for (const { code } of shown)
      expect(
        files.some((file) => file.includes(code)),
        code,
      ).toBe(true);
  },
);

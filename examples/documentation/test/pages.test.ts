import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blocksOf, missingFrom, programOf, withoutGreeting } from '../src/page';
import { overparam, pages, prepareFolder, read, root, runNode } from '../src/workspace';

const here = fileURLToPath(new URL('..', import.meta.url));
const folder = join(here, '.cache', 'programs');

/** Runs a program on the workspace's sources and gives back what it prints. */
async function run(name: string, code: string): Promise<string> {
  const file = join(folder, `${name}.ts`);
  writeFileSync(file, code);
  return runNode([file], folder);
}

// An address that only stands for one cannot be read; the line of the example is one of a file that is tested itself.
const runs = (path: string) =>
  !programOf(read(path))?.code.includes('https://example.') && path !== 'examples/your-own-loop/README.md';
const programs = pages.filter((path) => programOf(read(path)) !== null && runs(path));

beforeAll(() => prepareFolder(folder));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Some programs train for a while, and other tests take their share of the cores.
const patience = 300_000;

test.for(programs)(
  'the code in %s runs and prints what it says',
  { timeout: patience },
  async (path, { skip }) => {
    const program = programOf(read(path))!;
    let printed = '';
    try {
      printed = await run(path.replaceAll(/[^a-z]+/gi, '-'), program.code);
    } catch (error) {
      const reason = String((error as { stderr?: string }).stderr);
      if (!reason.includes("TensorFlow's library is not on this machine")) throw error;
      console.warn(
        `*** SKIPPED: the code in ${path} needs TensorFlow's library, which is not on this machine. ***`,
      );
      skip();
    }
    expect(missingFrom(program, printed), printed).toEqual([]);
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
    const printed = await overparam(['train', join(here, name), '--out', join(out, 'run'), ...given], here);
    expect(printed).toContain('collapse gap');
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
    const config = join(example, 'every-part.yaml');
    expect(await overparam(['train', config, '--out', join(out, 'run')], example)).toContain('collapse gap');
    const result = JSON.parse(readFileSync(join(out, 'run', 'result.json'), 'utf8')) as unknown;
    expect(JSON.stringify(result)).toContain('exact');
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
});

test('a plugin that code registers trains by the names of its parts', { timeout: patience }, async () => {
  const program = join(root, 'examples/writing-a-method/src/train-with-parts.ts');
  expect(withoutGreeting(await runNode([program], folder))).toMatch(/^\d+(\.\d+)? true$/);
});

test("report's page of one's own is made from what a comparison left", { timeout: patience }, async () => {
  const blocks = blocksOf(read('packages/report/README.md')).filter(({ language }) => language === 'js');
  expect(blocks).toHaveLength(1);
  const [file] = /runs\/[\w/]+(?=\/compare\.json)/.exec(blocks[0]!.code)!;
  const out = join(folder, file);
  mkdirSync(dirname(out), { recursive: true });
  const small = ['epochs=1', 'limit.train=100', 'limit.test=50', 'seeds=[1]'];
  const given = small.flatMap((setting) => ['--set', setting]);
  await overparam(['compare', join(here, 'comparison.yaml'), '--out', out, ...given], here);
  writeFileSync(join(folder, 'page.mjs'), blocks[0]!.code);
  expect(await runNode(['page.mjs'], folder)).toContain('Baseline');
  expect(readFileSync(join(folder, 'page.html'), 'utf8')).toContain('RepVGG');
});

test('every file that a page links to exists', () => {
  for (const path of pages) {
    const links = [...read(path).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, link]) => link!);
    const missing = links.filter((link) => !existsSync(join(root, path, '..', link)));
    expect(missing, path).toEqual([]);
  }
});

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig, resolveComparison } from '@overparam/runner';
import { expect, test } from 'vitest';
import { blocksOf, importsOf, installsOf } from '../src/page';
import { pages, read, root } from '../src/workspace';

const example = 'examples/writing-a-method';
const packages = new Set(readdirSync(join(root, 'packages')).map((name) => `@overparam/${name}`));

test('a block of a kind that nothing here checks stands on no page', () => {
  // Text is what a program or a command prints, or a drawing; Python is another library's, for comparison.
  const known = new Set(['ts', 'js', 'sh', 'yaml', 'json', 'text', 'python', '']);
  for (const page of pages)
    for (const { language } of blocksOf(read(page))) expect(known, page).toContain(language);
});

test.each(['docs/writing-a-method.md', 'docs/writing-a-plugin.md'])(
  '%s shows whole files, those that examples/writing-a-method tests',
  (page) => {
    const shown = blocksOf(read(page)).filter(({ language }) => language === 'ts');
    expect(shown.length).toBeGreaterThan(3);
    for (const { code, file } of shown) {
      expect(file, code).not.toBeNull();
      expect(read(`${example}/${file}`)).toBe(code);
    }
  },
);

test('the line of examples/your-own-loop that trains is in its program', () => {
  const [line] = blocksOf(read('examples/your-own-loop/README.md')).filter(
    ({ language }) => language === 'ts',
  );
  expect(read('examples/your-own-loop/src/main.ts')).toContain(line!.code);
});

test('every config of a page is one that a test trains with, or is read and resolved here', async () => {
  const trained = ['config.yaml', 'every-part.yaml'].map((name) => `${example}/${name}`);
  const own = ['first', 'comparison', 'tasks', 'tasks-comparison'];
  const files = [...trained, ...own.map((name) => `examples/documentation/${name}.yaml`)].map(read);
  const folder = mkdtempSync(join(tmpdir(), 'overparam-configs-'));
  try {
    for (const page of pages) {
      for (const { language, code } of blocksOf(read(page))) {
        if (language !== 'yaml' || files.some((file) => file.includes(code))) continue;
        const file = join(folder, 'config.yaml');
        writeFileSync(file, code);
        const { rows } = await resolveComparison(await readConfig(file), { overrides: [] }).catch((error) => {
          throw new Error(`${page}: ${(error as Error).message}\n${code}`);
        });
        expect(rows.length, page).toBeGreaterThan(0);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a manifest of a page is JSON, and its peers are packages that there are', () => {
  const blocks = pages.flatMap((page) => blocksOf(read(page)).filter(({ language }) => language === 'json'));
  expect(blocks.length).toBeGreaterThan(0);
  for (const { code } of blocks) {
    const { peerDependencies } = JSON.parse(code) as { peerDependencies: Record<string, string> };
    const own = Object.keys(peerDependencies).filter((name) => name.startsWith('@overparam/'));
    expect(own.length).toBeGreaterThan(0);
    for (const name of own) expect(packages).toContain(name);
  }
});

test('a page that tells what to install names all that its programs import', () => {
  for (const page of pages) {
    const markdown = read(page);
    const installs = installsOf(markdown);
    const named = [...installs].filter((name) => name.startsWith('@overparam/'));
    for (const name of named) expect(packages, page).toContain(name);
    if (named.length === 0) continue;
    expect(markdown, page).toContain(
      page === 'docs/getting-started.md' ? 'until the packages are published' : 'Nothing is published yet',
    );
    const missing = [...importsOf(markdown)].filter((name) => !installs.has(name));
    expect(missing, page).toEqual([]);
  }
});

import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blocksOf, programOf } from '../src/page';
import { pages, prepareFolder, read, root } from '../src/workspace';

const folder = join(fileURLToPath(new URL('..', import.meta.url)), '.cache', 'types');
const compiler = join(root, 'node_modules/typescript/bin/tsc');

/** What `tsc --init` makes, but for imports without an ending, and for two settings that the sources here do not have. */
const settings = {
  compilerOptions: {
    module: 'preserve',
    target: 'esnext',
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    isolatedModules: true,
    noUncheckedSideEffectImports: true,
    moduleDetection: 'force',
    skipLibCheck: true,
    noEmit: true,
    customConditions: ['@overparam/source'],
    allowImportingTsExtensions: true,
  },
  include: ['**/*.ts'],
};

function write(file: string, code: string): void {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, code);
}

/** Type-checks the folder; resolves to the compiler's messages, empty where there are none. */
async function messages(): Promise<string> {
  try {
    await promisify(execFile)(process.execPath, [compiler, '--project', folder], { cwd: folder });
    return '';
  } catch (error) {
    return String((error as { stdout?: string }).stdout);
  }
}

beforeAll(() => {
  prepareFolder(folder);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('all TypeScript of every page is of right types, as strictly as tsc checks a new project', {
  timeout: 300_000,
}, async () => {
  let programs = 0;
  for (const page of pages) {
    const markdown = read(page);
    for (const { language, file, code } of blocksOf(markdown))
      if (language === 'ts' && file !== null) write(`files/${file}`, code);
    const program = programOf(markdown);
    // One line of a file that has a test of its own.
    if (program === null || page === 'examples/your-own-loop/README.md') continue;
    write(`programs/${page.replaceAll(/[^a-z0-9]+/gi, '-')}.ts`, program.code);
    programs++;
  }
  expect(programs).toBeGreaterThan(20);
  // So that the check is seen to fail: an index that may not be there.
  write('programs/wrong.ts', 'export const length: number = [[1]][1].length;\n');
  const found = (await messages()).trim().split('\n');
  expect(found.filter((line) => !line.startsWith('programs/wrong.ts'))).toEqual([]);
  expect(found[0]).toContain('TS2532');
});

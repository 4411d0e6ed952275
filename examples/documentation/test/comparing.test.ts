import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { blocksOf } from '../src/page';
import { read } from '../src/workspace';

const require = createRequire(import.meta.url);
const runner = dirname(require.resolve('@overparam/runner/package.json'));
const loader = pathToFileURL(createRequire(join(runner, 'package.json')).resolve('tsx')).href;

/** Some images and updates in place of minutes. */
const short = ['epochs=1', 'batch=20', 'limit.train=60', 'limit.test=20', 'seeds=[0]', 'sweep.grow.most=0'];

/** What a command of the page prints in a folder, from source, in a short form. */
function printedBy(command: string, folder: string): string {
  const given = command.trim().split(' ').slice(2);
  const source = ['--conditions=@overparam/source', '--import', loader, join(runner, 'src', 'cli.ts')];
  const more = [...short.flatMap((text) => ['--set', text]), '--engine', 'wasm'];
  const { stdout, stderr, status } = spawnSync(process.execPath, [...source, ...given, ...more], {
    encoding: 'utf8',
    cwd: folder,
  });
  expect(status, stderr).toBe(0);
  return stdout;
}

const page = read('docs/comparing.md');
const blocks = blocksOf(page);

/** What is told, with `#` for every number, and one space for many: the form of a text whose figures differ. */
function formOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) =>
      line
        .replaceAll(/[+−]?\d[\d,]*(?:\.\d+)?/g, '#')
        .replaceAll(/[\s-]+/g, ' ')
        .trim(),
    )
    .filter((line) => line !== '');
}

// The figures themselves are of seven minutes: the command as it stands on the page prints them again.
test("the page's first example prints what it shows, in a short form of a few images", () => {
  const config = blocks.find(({ language }) => language === 'yaml')!.code;
  const command = blocks.find(({ language }) => language === 'sh')!.code;
  const shown = blocks.find(({ language }) => language === 'text')!.code;
  const folder = mkdtempSync(join(tmpdir(), 'overparam-comparing-'));
  try {
    writeFileSync(join(folder, 'rates.yaml'), config);
    const printed = printedBy(command, folder);
    const [form, wanted] = [formOf(printed), formOf(shown)];
    expect(form.slice(0, 1)).toEqual(wanted.slice(0, 1));
    const labels = (lines: readonly string[]) => lines.map((line) => line.split(' ')[0]);
    for (const label of ['Plain', 'FNL']) {
      expect(labels(form).filter((other) => other === label)).toHaveLength(2);
      expect(labels(wanted).filter((other) => other === label)).toHaveLength(2);
    }
    const cost = (lines: readonly string[]) => lines.find((line) => line.startsWith('Choosing cost'));
    // Seconds where the page has minutes.
    expect(cost(form)!.replace('# s,', '# min,')).toBe(cost(wanted));
    const heading = (lines: readonly string[]) => lines.find((line) => line.startsWith('row lr'));
    expect(heading(form)).toBe(heading(wanted));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

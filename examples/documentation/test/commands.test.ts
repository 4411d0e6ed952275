import { expect, test } from 'vitest';
import { commandsOf } from '../src/page';
import { overparam, pages, read, root } from '../src/workspace';

const { scripts, packageManager } = JSON.parse(read('package.json')) as {
  scripts: Record<string, string>;
  packageManager: string;
};

/** Pages that are read beside a clone, where npm's scripts of its root are at hand. */
const ofClone = (page: string) => /^(README|CONTRIBUTING|examples\/)/.test(page);

/** What a line of a page is, and the rest of it as words. */
function parsed(line: string): { kind: string; words: string[] } {
  const own = /^(npx @overparam\/runner|npm run overparam --) (.*)$/.exec(line);
  if (own) return { kind: 'overparam', words: own[2]!.split(/\s+/) };
  const compared = /^npm start(?: --prefix \S+)?(?: -- (.*))?$/.exec(line);
  if (compared) return { kind: 'start', words: compared[1]?.split(/\s+/) ?? [] };
  const words = line.split(/\s+/);
  return { kind: words.slice(0, 2).join(' '), words: words.slice(2) };
}

test('every command of a page can be typed as it is printed', () => {
  for (const page of pages) {
    for (const line of commandsOf(read(page))) {
      const { kind, words } = parsed(line);
      const where = `${page}: ${line}`;
      // Interactive zsh has no comments, and takes brackets, question marks and braces outside of quotes as patterns.
      expect(line, where).not.toContain('#');
      expect(line.replaceAll(/'[^']*'/g, ''), where).not.toMatch(/[[\]?{}]/);
      expect(
        [
          'overparam',
          'start',
          'npm test',
          'npm install',
          'npm init',
          'npm pkg',
          'npm run',
          'npx @overparam/engine-tensorflow',
          'npx @overparam/browser',
        ],
        where,
      ).toContain(kind);
      if (kind === 'npm run') expect(Object.keys(scripts), where).toContain(words[0]);
    }
  }
});

test('what only a clone has is said to be a command of a clone', () => {
  for (const page of pages.filter((path) => !ofClone(path))) {
    const lines = commandsOf(read(page)).filter((line) => /^npm (run|start|test)/.test(line));
    if (lines.length > 0) expect(read(page), page).toMatch(/\bclone\b/);
  }
});

test('pnpm is called by the version that the repository pins, wherever a page calls it', () => {
  for (const page of [...pages, 'bench/README.md', '.changeset/README.md']) {
    for (const [call] of read(page).matchAll(/(?:\bnpx |-- )?\bpnpm\b[@\d.]*/g))
      expect(call, page).toBe(`-- ${packageManager}`);
  }
});

/** What `npm start` takes for itself; all else goes to `overparam compare`. */
const startOptions = /const own = \[(.*)\];/
  .exec(read('scripts/start.mjs'))![1]!
  .split(', ')
  .map((name) => name.slice(1, -1));

test("every option that a page gives to the command line is one of the command's", {
  timeout: 300_000,
}, async () => {
  const given = new Map<string, Set<string>>();
  for (const page of pages) {
    for (const line of commandsOf(read(page))) {
      const { kind, words } = parsed(line);
      if (kind !== 'overparam' && kind !== 'start') continue;
      const command = kind === 'start' ? 'compare' : words[0]!;
      const own = kind === 'start' ? startOptions : [];
      const options = words.filter((word) => word.startsWith('--') && !own.includes(word));
      given.set(command, new Set([...(given.get(command) ?? []), ...options]));
    }
  }
  expect([...given.keys()].sort()).toEqual(
    expect.arrayContaining(['compare', 'data', 'doctor', 'engine', 'evaluate', 'train', 'verify']),
  );
  for (const [command, options] of given) {
    if (options.size === 0) continue;
    const help = await overparam([command, '--help'], root);
    for (const option of options) expect(help, command).toContain(option);
  }
});

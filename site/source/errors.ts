import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a code of an error is thrown. */
export interface ErrorUse {
  readonly code: string;
  /** Names of packages. */
  readonly packages: readonly string[];
  /** What the first of them says, with what varies as dots. */
  readonly says: string;
}

const thrown = /new OverparamError\(\s*'([a-z0-9-]+)',\s*((?:[`'"])[\s\S]*?)(?:,\s*\{ cause|,?\s*\);)/g;

/** The text of a message in code: its first sentences, with dots where a value stands. */
function wordsOf(expression: string): string {
  const text = [...expression.matchAll(/`([^`]*)`|'((?:[^'\\]|\\.)*)'|"([^"]*)"/g)]
    .map(([, a, b, c]) => a ?? b ?? c ?? '')
    .join('');
  return text
    .replaceAll(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '…')
    .replaceAll("\\'", "'")
    .replaceAll('\\n', ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** Every code that a package throws by its name, in the alphabet's order. */
export function errorCodes(packages: string): readonly ErrorUse[] {
  const found = new Map<string, { packages: Set<string>; says: string }>();
  for (const name of readdirSync(packages).sort()) {
    const sources = join(packages, name, 'src');
    for (const file of readdirSync(sources, { recursive: true, encoding: 'utf8' }).sort()) {
      if (!file.endsWith('.ts')) continue;
      for (const [, code, message] of readFileSync(join(sources, file), 'utf8').matchAll(thrown)) {
        const known = found.get(code!) ?? { packages: new Set(), says: wordsOf(message!) };
        known.packages.add(name);
        found.set(code!, known);
      }
    }
  }
  return [...found]
    .map(([code, { packages, says }]) => ({ code, packages: [...packages], says }))
    .sort((a, b) => (a.code < b.code ? -1 : 1));
}

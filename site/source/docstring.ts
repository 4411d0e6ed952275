import { readFileSync } from 'node:fs';

/** What a file's docstring of an exported value says, as Markdown, without its tags; null where it has none. */
export function docstringOf(file: string, name: string): string | null {
  const source = readFileSync(file, 'utf8');
  const found = new RegExp(String.raw`/\*\*((?:(?!\*/)[\s\S])*)\*/\s*export const ${name}\b`).exec(source);
  if (found === null) return null;
  const text = found[1]!
    .split('\n')
    .map((line) => line.replace(/^\s*\*? ?/, ''))
    .join('\n')
    .replaceAll(/\{@link (?:[^}|]*\|\s*)?([^}]*)\}/g, '`$1`');
  return text.split(/^@/m)[0]!.trim();
}

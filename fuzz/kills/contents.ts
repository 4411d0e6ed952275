import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Keys of JSON whose values are clock times. */
const clock = /seconds|time|project/i;
/** What a file of clock times ends with: a checksum of them. */
const seal = /"sha256":"[0-9a-f]{64}"/;

function withoutTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTimes);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, clock.test(key) ? null : withoutTimes(inner)]),
  );
}

/** A file's content without its clock times. */
function contentOf(file: string): string {
  const bytes = readFileSync(file);
  if (file.endsWith('timings.jsonl')) {
    const lines = bytes.toString().replace(seal, '"sha256":""').split('\n').slice(0, -1);
    return JSON.stringify(lines.map((line) => withoutTimes(JSON.parse(line))));
  }
  if (file.endsWith('compare.json')) return JSON.stringify(withoutTimes(JSON.parse(bytes.toString())));
  // Its figures stand in compare.json, and bars and curves of times are drawn by numbers.
  if (file.endsWith('report.html')) return bytes.toString().replace(/[\d.:e-]+/g, '#');
  return bytes.toString('base64');
}

/** Every file and folder below a folder, hidden ones too, with its content. */
export function contentsOf(folder: string, below = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of readdirSync(join(folder, below)).sort()) {
    const path = join(below, name);
    if (lstatSync(join(folder, path)).isDirectory()) {
      found.set(`${path}/`, '');
      for (const [inner, content] of contentsOf(folder, path)) found.set(inner, content);
    } else {
      found.set(path, contentOf(join(folder, path)));
    }
  }
  return found;
}

/** What of one folder is not as in another, in words; empty where nothing is. */
export function differencesOf(expected: Map<string, string>, found: Map<string, string>): string[] {
  const missing = [...expected.keys()].filter((name) => !found.has(name)).map((name) => `${name} is missing`);
  const left = [...found.keys()].filter((name) => !expected.has(name)).map((name) => `${name} is left over`);
  const other = [...expected].filter(([name, content]) => found.has(name) && found.get(name) !== content);
  return [...missing, ...left, ...other.map(([name]) => `${name} differs`)];
}

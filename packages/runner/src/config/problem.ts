import { nearest, OverparamError } from '@overparam/errors';
import { optionNames } from '@overparam/plugin';
import type { z } from 'zod';
import { knownBeside } from './embedded';

/** `rows[2].method.name` from a path of keys and indices; `the top level` for an empty one. */
export function pathText(path: readonly PropertyKey[]): string {
  const text = path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
  return text === '' ? 'the top level' : text;
}

/** The error for a key that nothing reads, with the nearest key that something does. */
export function unknownKey(
  where: string,
  path: readonly PropertyKey[],
  known: readonly string[],
): OverparamError {
  const name = String(path.at(-1));
  const guess = nearest(name, known);
  const hint = guess ? `Did you mean "${guess}"?` : `Known keys here: ${known.join(', ')}.`;
  return new OverparamError('unknown-key', `${where}: unknown key "${pathText(path)}". ${hint}`);
}

/** The issue that says most about an input: inside a union, that of the branch that came furthest. */
function deepest(
  issue: z.core.$ZodIssue,
  path: readonly PropertyKey[],
): { issue: z.core.$ZodIssue; path: PropertyKey[] } {
  const here = [...path, ...issue.path];
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return { issue, path: here };
  const inner = issue.errors.flatMap((branch) => branch.slice(0, 1).map((first) => deepest(first, here)));
  const furthest = inner.sort((a, b) => b.path.length - a.path.length)[0];
  const structural = inner.find(
    (entry) => entry.issue.code === 'unrecognized_keys' || knownBeside(entry.issue),
  );
  const best = structural ?? furthest;
  return best && (best.path.length > here.length || structural) ? best : { issue, path: here };
}

/**
 * Checks a value from a config against a schema and gives it completed.
 *
 * @param where  what is being read, for the message: a file's name, or `--set`
 * @throws OverparamError `unknown-key` with the nearest known key, or `invalid-config` with the path of the key
 */
export function checked<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  where: string,
  path: readonly PropertyKey[] = [],
): z.output<Schema> {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  const first = result.error.issues[0]!;
  const found = deepest(first, []);
  if (found.issue.code === 'unrecognized_keys') {
    const key = found.issue.keys[0]!;
    throw unknownKey(where, [...path, ...found.path, key], optionNames(schema, found.path));
  }
  const known = knownBeside(found.issue);
  if (known) throw unknownKey(where, [...path, ...found.path], known);
  const given = found.issue.input === undefined ? '' : ` It is ${JSON.stringify(found.issue.input)}.`;
  throw new OverparamError(
    'invalid-config',
    `${where}: ${pathText([...path, ...found.path])}: ${found.issue.message}.${given}`,
  );
}

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

/** A key that nothing reads, and the keys that something does read there. */
export interface UnknownKey {
  readonly path: readonly PropertyKey[];
  readonly known: readonly string[];
}

/** The error for keys that nothing reads, all of them, each with the nearest key that something does. */
export function unknownKeys(where: string, keys: readonly UnknownKey[]): OverparamError {
  const texts = keys.map(({ path, known }) => {
    const guess = nearest(String(path.at(-1)), known);
    const hint = guess ? `Did you mean "${guess}"?` : `Known keys here: ${known.join(', ')}.`;
    return `"${pathText(path)}". ${hint}`;
  });
  const text = texts.length === 1 ? `unknown key ${texts[0]}` : ['unknown keys:', ...texts].join('\n  ');
  return new OverparamError('unknown-key', `${where}: ${text}`);
}

/** The issue that says most about an input: inside a union, that of the branch that came furthest. */
function deepest(
  issue: z.core.$ZodIssue,
  path: readonly PropertyKey[],
): { issue: z.core.$ZodIssue; path: PropertyKey[] } {
  const here = [...path, ...issue.path];
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return { issue, path: here };
  const inner = issue.errors.flatMap((branch) => branch.slice(0, 1).map((first) => deepest(first, here)));
  // What is there and wrong says more than what another branch misses.
  const missing = ({ issue: { input } }: { readonly issue: z.core.$ZodIssue }) => Number(input === undefined);
  const furthest = inner.sort((a, b) => b.path.length - a.path.length || missing(a) - missing(b))[0];
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
 * @throws OverparamError `unknown-key` with all of them and the nearest known keys, or `invalid-config` with the path of the key
 */
export function checked<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  where: string,
  path: readonly PropertyKey[] = [],
): z.output<Schema> {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  const found = result.error.issues.map((issue) => deepest(issue, []));
  const unknown = found.flatMap(({ issue, path: at }): UnknownKey[] => {
    const here = [...path, ...at];
    if (issue.code === 'unrecognized_keys') {
      const known = optionNames(schema, at);
      return issue.keys.map((key) => ({ path: [...here, key], known }));
    }
    const known = knownBeside(issue);
    return known ? [{ path: here, known }] : [];
  });
  if (unknown.length > 0) throw unknownKeys(where, unknown);
  const { issue, path: at } = found[0]!;
  const given = issue.input === undefined ? '' : ` It is ${JSON.stringify(issue.input)}.`;
  throw new OverparamError(
    'invalid-config',
    `${where}: ${pathText([...path, ...at])}: ${issue.message}.${given}`,
  );
}

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

/** An issue, and where it is. */
interface Found {
  readonly issue: z.core.$ZodIssue;
  readonly path: readonly PropertyKey[];
  /** Whether what it is about has no key that nothing reads. */
  readonly knowsAll: boolean;
}

const isUnknown = (issue: z.core.$ZodIssue) =>
  issue.code === 'unrecognized_keys' || knownBeside(issue) !== undefined;

/**
 * The issue that says most about an input. Inside a union that is what the branch that was meant finds wrong, which knows every
 * key; else a key that no branch knows; else that of the branch that came furthest.
 */
function deepest(issue: z.core.$ZodIssue, path: readonly PropertyKey[]): Found {
  const here = [...path, ...issue.path];
  const itself = { issue, path: here, knowsAll: !isUnknown(issue) };
  if (issue.code !== 'invalid_union') return itself;
  const branches = issue.errors.map((branch) => branch.map((one) => deepest(one, here)));
  // What is there and wrong says more than what another branch misses.
  const missing = (found: Found) => Number(found.issue.input === undefined);
  const byDepth = (a: Found, b: Found) => b.path.length - a.path.length || missing(a) - missing(b);
  const firsts = branches
    .flatMap((branch) =>
      branch.slice(0, 1).map((first) => ({ ...first, knowsAll: branch.every(({ knowsAll }) => knowsAll) })),
    )
    .filter((found) => found.path.length > here.length)
    .sort(byDepth);
  const unknown = branches
    .flat()
    .filter((found) => isUnknown(found.issue))
    .sort(byDepth);
  return firsts.find(({ knowsAll }) => knowsAll) ?? unknown[0] ?? firsts[0] ?? itself;
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

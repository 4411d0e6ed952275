import type { OptionsSchema, SchemaIssue, Validated } from '@overparam/engine';
import { nearest, OverparamError } from '@overparam/errors';
import { isClosed, jsonSchemaOf, type Place, placeOf, propertiesOf } from './json-schema';

/** One thing that is wrong with given options. */
export interface OptionProblem {
  /** Keys and indices that lead to it. */
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** Where the last key of the path is no option: the options that there are. */
  readonly known?: readonly string[];
}

/** What a check of options comes to. */
export type CheckedOptions<Options> =
  | { readonly options: Options; readonly problems?: undefined }
  | { readonly problems: readonly OptionProblem[]; readonly options?: undefined };

/**
 * Checks options against a schema and fills in defaults; what is wrong with them is the answer, not an error.
 *
 * Unknown options are told by the schema's JSON form, so that schemas of every library say the same of them. What comes out
 * is what JSON can hold, as networks and runs keep options in their files; a key that is undefined counts as left out.
 *
 * @param given  what came; undefined counts as `{}`
 * @throws OverparamError `plugin-invalid` for a schema that answers with a promise
 */
export function checkOptions<Options>(
  schema: OptionsSchema<Options>,
  given: unknown = {},
): CheckedOptions<Options> {
  const result = validate(schema, given);
  if (result.issues === undefined) {
    const problems = notJson(result.value, []);
    return problems.length === 0 ? { options: result.value } : { problems };
  }
  const unknown: OptionProblem[] = [];
  const known = withoutUnknown(given, placeOf(jsonSchemaOf(schema)), [], unknown);
  const issues = unknown.length === 0 ? result.issues : (validate(schema, known).issues ?? []);
  return {
    problems: [...unknown, ...issues.map((issue) => ({ path: pathOf(issue), message: issue.message }))],
  };
}

/** What JSON would change or leave out without a word, such as an infinity or a date. */
function notJson(value: unknown, path: readonly PropertyKey[]): OptionProblem[] {
  if (value === null || value === undefined || typeof value === 'boolean' || typeof value === 'string')
    return [];
  if (typeof value === 'number' && Number.isFinite(value)) return [];
  if (Array.isArray(value)) return value.flatMap((entry, index) => notJson(entry, [...path, index]));
  if (typeof value === 'object' && [Object.prototype, null].includes(Object.getPrototypeOf(value)))
    return Object.entries(value).flatMap(([key, entry]) => notJson(entry, [...path, key]));
  const found = typeof value === 'object' ? `an object of ${value.constructor.name}` : shown(value);
  return [
    {
      path,
      message: `got ${found} (expected what JSON can hold: finite numbers, text, lists, plain objects)`,
    },
  ];
}

function shown(value: unknown): string {
  return typeof value === 'function' ? 'a function' : String(value);
}

function validate<Options>(schema: OptionsSchema<Options>, value: unknown): Validated<Options> {
  const result = schema['~standard'].validate(value);
  if (!(result instanceof Promise)) return result;
  throw new OverparamError(
    'plugin-invalid',
    `A schema of options (of the library ${schema['~standard'].vendor}) answers with a promise. Options are checked at once: take what waits out of it.`,
  );
}

/**
 * Checks options against a schema and gives them with defaults filled in.
 *
 * @param given   what came; undefined counts as `{}`
 * @param where   what the options belong to, for the message, such as `method "fnl"`
 * @throws OverparamError `invalid-options`, naming each wrong option; what {@link checkOptions} throws
 */
export function parseOptions<Options>(
  schema: OptionsSchema<Options>,
  given?: unknown,
  where = 'options',
): Options {
  const checked = checkOptions(schema, given);
  if (checked.problems === undefined) return checked.options;
  throw new OverparamError('invalid-options', `${where}: ${checked.problems.map(problemText).join('; ')}.`);
}

const nameOf = (path: readonly PropertyKey[]) => path.map(String).join('.');

function problemText({ path, message, known }: OptionProblem): string {
  return path.length === 0 || known !== undefined ? message : `option "${nameOf(path)}": ${message}`;
}

/** The value without options that are not in its schema, which are added to `unknown`. */
function withoutUnknown(
  value: unknown,
  place: Place,
  path: readonly PropertyKey[],
  unknown: OptionProblem[],
): unknown {
  if (Array.isArray(value)) {
    return value.map((entry, index) => withoutUnknown(entry, place.at(index), [...path, index], unknown));
  }
  if (typeof value !== 'object' || value === null) return value;
  if (![Object.prototype, null].includes(Object.getPrototypeOf(value))) return value;
  const names = [...propertiesOf(place).keys()];
  const kept: [string, unknown][] = [];
  for (const [key, entry] of Object.entries(value)) {
    if (isClosed(place) && !names.includes(key)) {
      const near = nearest(key, names);
      const hint = near ? `did you mean "${near}"?` : `expected one of ${names.join(', ') || 'none'}`;
      const message = `unknown option "${nameOf([...path, key])}" (${hint})`;
      unknown.push({ path: [...path, key], message, known: names });
    } else {
      kept.push([key, withoutUnknown(entry, place.at(key), [...path, key], unknown)]);
    }
  }
  return Object.fromEntries(kept);
}

function pathOf({ path = [] }: SchemaIssue): readonly PropertyKey[] {
  return path.map((part) => (typeof part === 'object' ? part.key : part));
}

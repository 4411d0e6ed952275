import { nearest, OverparamError } from '@overparam/errors';
import type { Plugin } from './contracts';
import type { PluginKind } from './registry';

/** Each kind of part: its list in a plugin, what messages call it, and the functions that it must and may have. */
export const pluginKinds = {
  method: { list: 'methods', word: 'method', functions: ['supports', 'expand'] },
  routine: { list: 'routines', word: 'routine', functions: ['plan'] },
  backbone: { list: 'backbones', word: 'backbone', functions: ['build'] },
  dataset: {
    list: 'datasets',
    word: 'dataset',
    functions: ['open', 'verify'],
    optional: ['present', 'get'],
  },
  balancer: {
    list: 'balancers',
    word: 'balancer',
    functions: ['needs', 'supports', 'initialise', 'weights'],
    optional: ['properties', 'averaging', 'elementFactors', 'afterStep'],
  },
  regulariser: { list: 'regularisers', word: 'regulariser', functions: ['supports', 'penalty'] },
  task: { list: 'tasks', word: 'kind of task', functions: ['make'] },
  head: { list: 'heads', word: 'head', functions: ['make'] },
} as const satisfies Readonly<
  Record<
    PluginKind,
    {
      readonly list: keyof Plugin;
      readonly word: string;
      readonly functions: readonly string[];
      readonly optional?: readonly string[];
    }
  >
>;

/** Every key that a plugin may have. */
const keys: readonly string[] = ['name', 'apiVersion', ...Object.values(pluginKinds).map(({ list }) => list)];

type Unchecked = Readonly<Record<string, unknown>>;

/**
 * Checks the form of a plugin, which may be written in JavaScript, where no compiler has checked it.
 *
 * @throws OverparamError `plugin-invalid`, naming the plugin and the part, or `plugin-version`
 */
export function checkPluginForm(plugin: unknown): void {
  if (!isObject(plugin)) {
    throw invalid(
      `A plugin must be an object such as { name, apiVersion: 1, methods: [...] }; got ${shown(plugin)}.`,
    );
  }
  const { name } = plugin;
  if (!isText(name)) {
    throw invalid(
      `A plugin's name must be a text that is not empty, its package's name; got ${shown(name)}.`,
    );
  }
  requireVersion(plugin, `Plugin "${name}"`);
  for (const key of Object.keys(plugin)) {
    if (keys.includes(key)) continue;
    const near = nearest(key, keys);
    throw invalid(
      `Plugin "${name}" has the unknown key "${key}"; ${near ? `did you mean "${near}"?` : `expected some of ${keys.join(', ')}.`}`,
    );
  }
  for (const kind of Object.values(pluginKinds)) {
    const { list, word } = kind;
    const parts = plugin[list];
    if (parts === undefined) continue;
    if (!Array.isArray(parts)) {
      throw invalid(`Plugin "${name}": ${list} must be a list of parts; got ${shown(parts)}.`);
    }
    const names = new Set<unknown>();
    for (const [index, part] of parts.entries()) {
      checkPart(part, kind, `Plugin "${name}": ${list}[${index}]`);
      if (names.has(part.name)) {
        throw invalid(
          `Plugin "${name}" has two parts "${part.name}" in ${list}. Give each ${word} its own name.`,
        );
      }
      names.add(part.name);
    }
  }
}

function checkPart(
  part: unknown,
  kind: { readonly functions: readonly string[]; readonly optional?: readonly string[] },
  place: string,
): asserts part is { readonly name: string } {
  if (!isObject(part)) throw invalid(`${place} must be an object; got ${shown(part)}.`);
  if (!isText(part.name)) {
    throw invalid(`${place} needs a name, a text that is not empty; got ${shown(part.name)}.`);
  }
  const where = `${place} "${part.name}"`;
  requireVersion(part, where);
  if (!isText(part.summary)) {
    throw invalid(`${where} needs a summary, one line for lists; got ${shown(part.summary)}.`);
  }
  if (!isSchema(part.options)) {
    throw invalid(
      `${where} needs options, a schema with the interfaces Standard Schema and Standard JSON Schema, such as z.strictObject({}) of zod 4.2 or newer; got ${shown(part.options)}.`,
    );
  }
  for (const key of kind.functions) {
    if (typeof part[key] === 'function') continue;
    throw invalid(`${where} needs the function ${key}(); got ${shown(part[key])}.`);
  }
  for (const key of kind.optional ?? []) {
    if (part[key] === undefined || typeof part[key] === 'function') continue;
    throw invalid(`${where}: ${key} must be a function, or be left out; got ${shown(part[key])}.`);
  }
}

/** Whether a value has what `OptionsSchema` asks for; schemas of some libraries are functions. */
function isSchema(value: unknown): boolean {
  const { validate, jsonSchema } = Object(Object(value)['~standard']) as Unchecked;
  return typeof validate === 'function' && typeof Object(jsonSchema).input === 'function';
}

function requireVersion({ apiVersion }: Unchecked, where: string): void {
  if (apiVersion === 1) return;
  throw new OverparamError(
    'plugin-version',
    `${where} speaks apiVersion ${shown(apiVersion)}, this version of overparam speaks 1. ` +
      'Install versions of both that belong together.',
  );
}

function invalid(message: string): OverparamError {
  return new OverparamError('plugin-invalid', message);
}

function isObject(value: unknown): value is Unchecked {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a function' : JSON.stringify(value);
}

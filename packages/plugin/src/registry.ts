import { nearest, OverparamError } from '@overparam/errors';
import type { Backbone, Balancer, Dataset, HeadKind, Method, Plugin, Routine, TaskKind } from './contracts';
import { checkPluginForm, pluginKinds } from './plugin-form';

/** What a plugin can add, by kind. */
export interface PluginParts {
  method: Method;
  routine: Routine;
  backbone: Backbone;
  dataset: Dataset;
  balancer: Balancer;
  task: TaskKind;
  head: HeadKind;
}

/** A kind of plugin part. */
export type PluginKind = keyof PluginParts;

/** The value that a kind of plugin part is. */
export type PluginPart<Kind extends PluginKind> = PluginParts[Kind];

type Known<Kind extends PluginKind> = Map<string, { part: PluginParts[Kind]; from: string }>;

// On globalThis, so that the ESM and the CommonJS build in one process share what is registered.
const slot = Symbol.for('overparam.registry');
const shared = globalThis as { [slot]?: { [Kind in PluginKind]?: Known<Kind> } };

/** The parts of a kind that are known; a kind that another copy of this package did not know begins empty. */
function known<Kind extends PluginKind>(kind: Kind): Known<Kind> {
  shared[slot] ??= {};
  const registry = shared[slot] as Partial<Record<PluginKind, Known<Kind>>>;
  registry[kind] ??= new Map();
  return registry[kind];
}

/**
 * Checks the form of a plugin and returns it unchanged: the one call that a plugin package makes.
 *
 * @throws OverparamError `plugin-invalid` for unknown keys and for parts without a name, a summary, options or a
 *   function that they need; `plugin-version` for another version of the contracts
 */
export function definePlugin(plugin: Plugin): Plugin {
  checkPluginForm(plugin);
  return plugin;
}

/**
 * Makes all parts of a plugin known by name. Registering the same plugin again changes nothing.
 *
 * @throws OverparamError `duplicate-name` when another plugin has taken a name; what {@link definePlugin} throws
 */
export function registerPlugin(plugin: Plugin): void {
  definePlugin(plugin);
  for (const kind of Object.keys(pluginKinds) as PluginKind[]) {
    add(kind, plugin[pluginKinds[kind].list], plugin.name);
  }
}

function add<Kind extends PluginKind>(
  kind: Kind,
  parts: readonly PluginParts[Kind][] | undefined,
  from: string,
): void {
  const entries = known(kind);
  for (const part of parts ?? []) {
    const taken = entries.get(part.name);
    if (taken && taken.from !== from) {
      throw new OverparamError(
        'duplicate-name',
        `The ${pluginKinds[kind].word} "${part.name}" of plugin "${from}" has the name of one of plugin "${taken.from}". ` +
          'Rename one of them or load only one of the two plugins.',
      );
    }
    entries.set(part.name, { part, from });
  }
}

/** All registered parts of a kind, in order of registration. */
export function registered<Kind extends PluginKind>(kind: Kind): readonly PluginPart<Kind>[] {
  return [...known(kind).values()].map(({ part }) => part);
}

/**
 * A registered part by its name.
 *
 * @throws OverparamError `unknown-method`, `unknown-routine`, …, with the nearest name
 */
export function lookup<Kind extends PluginKind>(kind: Kind, name: string): PluginPart<Kind> {
  const found = known(kind).get(name);
  if (found) return found.part;
  const names = [...known(kind).keys()];
  const near = nearest(name, names);
  throw new OverparamError(
    `unknown-${kind}`,
    `Unknown ${pluginKinds[kind].word} "${name}"${near ? `; did you mean "${near}"?` : '.'} Known: ${names.join(', ') || 'none'}. ` +
      'Others come from plugins: register them, or name them under `plugins` in a config.',
  );
}

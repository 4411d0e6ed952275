import type { Backbone, Balancer, Dataset, Method, Plugin, Routine } from './contracts';
import { OverparamError } from './errors';
import { nearest } from './nearest';

/** What a plugin can add, by kind. */
export interface PluginParts {
  method: Method;
  routine: Routine;
  backbone: Backbone;
  dataset: Dataset;
  balancer: Balancer;
}

/** A kind of plugin part. */
export type PluginKind = keyof PluginParts;

/** The value that a kind of plugin part is. */
export type PluginPart<Kind extends PluginKind> = PluginParts[Kind];

type Registry = { [Kind in PluginKind]: Map<string, { part: PluginParts[Kind]; from: string }> };

// On globalThis, so that the ESM and the CommonJS build in one process share what is registered.
const slot = Symbol.for('overparam.registry');
const shared = globalThis as { [slot]?: Registry };

function registry(): Registry {
  shared[slot] ??= {
    method: new Map(),
    routine: new Map(),
    backbone: new Map(),
    dataset: new Map(),
    balancer: new Map(),
  };
  return shared[slot];
}

/** Checks the form of a plugin and returns it unchanged: the one call that a plugin package makes. */
export function definePlugin(plugin: Plugin): Plugin {
  if (plugin.apiVersion !== 1) {
    throw new OverparamError(
      'plugin-version',
      `Plugin "${plugin.name}" speaks apiVersion ${plugin.apiVersion}, this version of overparam speaks 1. ` +
        'Install versions of both that belong together.',
    );
  }
  return plugin;
}

/**
 * Makes all parts of a plugin known by name. Registering the same plugin again changes nothing.
 *
 * @throws OverparamError `duplicate-name` when another plugin has taken a name
 */
export function registerPlugin(plugin: Plugin): void {
  definePlugin(plugin);
  add('method', plugin.methods, plugin.name);
  add('routine', plugin.routines, plugin.name);
  add('backbone', plugin.backbones, plugin.name);
  add('dataset', plugin.datasets, plugin.name);
  add('balancer', plugin.balancers, plugin.name);
}

function add<Kind extends PluginKind>(
  kind: Kind,
  parts: readonly (PluginParts[Kind] & { name: string })[] | undefined,
  from: string,
): void {
  const known = registry()[kind] as Map<string, { part: PluginParts[Kind]; from: string }>;
  for (const part of parts ?? []) {
    const taken = known.get(part.name);
    if (taken && taken.from !== from) {
      throw new OverparamError(
        'duplicate-name',
        `The ${kind} "${part.name}" of plugin "${from}" has the name of one of plugin "${taken.from}". ` +
          'Rename one of them or load only one of the two plugins.',
      );
    }
    known.set(part.name, { part, from });
  }
}

/** All registered parts of a kind, in order of registration. */
export function registered<Kind extends PluginKind>(kind: Kind): readonly PluginPart<Kind>[] {
  return [...registry()[kind].values()].map((entry) => entry.part as PluginParts[Kind]);
}

/**
 * A registered part by its name.
 *
 * @throws OverparamError `unknown-method`, `unknown-routine`, …, with the nearest name
 */
export function lookup<Kind extends PluginKind>(kind: Kind, name: string): PluginPart<Kind> {
  const found = registry()[kind].get(name);
  if (found) return found.part as PluginParts[Kind];
  const names = [...registry()[kind].keys()];
  const near = nearest(name, names);
  throw new OverparamError(
    `unknown-${kind}`,
    `Unknown ${kind} "${name}"${near ? `; did you mean "${near}"?` : '.'} Known: ${names.join(', ') || 'none'}. ` +
      'Others come from plugins: register them, or name them under `plugins` in a config.',
  );
}

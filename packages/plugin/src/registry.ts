import { nearest, OverparamError } from '@overparam/errors';
import type {
  Backbone,
  Balancer,
  Dataset,
  HeadKind,
  Method,
  Plugin,
  Regulariser,
  Routine,
  TaskKind,
} from './contracts';
import { checkPluginForm, pluginKinds } from './plugin-form';

/** What a plugin can add, by kind. */
export interface PluginParts {
  method: Method;
  routine: Routine;
  backbone: Backbone;
  dataset: Dataset;
  balancer: Balancer;
  regulariser: Regulariser;
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

// As above. Plugins by name: what a process has imported, whether or not it is registered.
const definedSlot = Symbol.for('overparam.defined');
const defined = globalThis as { [definedSlot]?: Map<string, Plugin> };

/**
 * Checks the form of a plugin and returns it unchanged: the one call that a plugin package makes. It is remembered, so
 * that a network which was saved with one of its methods can be read once the package is imported; see
 * {@link importedPart}.
 *
 * @throws OverparamError `plugin-invalid` for unknown keys and for parts without a name, a summary, options or a
 *   function that they need; `plugin-version` for another version of the contracts
 */
export function definePlugin(plugin: Plugin): Plugin {
  checkPluginForm(plugin);
  defined[definedSlot] ??= new Map();
  defined[definedSlot].set(plugin.name, plugin);
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

/**
 * A part that is registered, or that an imported package has defined; undefined where there is none.
 *
 * @throws OverparamError `duplicate-name` where none is registered and several packages define one of that name
 */
export function importedPart<Kind extends PluginKind>(
  kind: Kind,
  name: string,
): PluginPart<Kind> | undefined {
  const own = known(kind).get(name);
  if (own) return own.part;
  const found = definitions(kind).filter(({ part }) => part.name === name);
  const [first, ...others] = found;
  if (others.some(({ part }) => part !== first!.part)) {
    const names = found.map(({ from }) => `"${from}"`).join(' and ');
    throw new OverparamError(
      'duplicate-name',
      `The plugins ${names} both define the ${pluginKinds[kind].word} "${name}". Register the one that is meant with registerPlugin().`,
    );
  }
  return first?.part;
}

/** The name of the plugin that has defined a part; undefined where none has. */
export function definedBy<Kind extends PluginKind>(kind: Kind, part: PluginPart<Kind>): string | undefined {
  return definitions(kind).find((definition) => definition.part === part)?.from;
}

function definitions<Kind extends PluginKind>(kind: Kind): { part: PluginPart<Kind>; from: string }[] {
  return [...(defined[definedSlot]?.values() ?? [])].flatMap((plugin) =>
    ((plugin[pluginKinds[kind].list] ?? []) as readonly PluginPart<Kind>[]).map((part) => ({
      part,
      from: plugin.name,
    })),
  );
}

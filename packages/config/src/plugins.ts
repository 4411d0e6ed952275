import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isOverparamError, OverparamError } from '@overparam/errors';
import { type Plugin, registerPlugin } from '@overparam/plugin';

/** Registers what comes with the runner: methods, routines, backbones, heads, datasets, kinds of tasks, balancers and regularisers. */
export async function loadDefaultPlugins(): Promise<void> {
  const loaded = await Promise.all([
    import('@overparam/core-reparam'),
    import('@overparam/method-fnl'),
    import('@overparam/method-repvgg'),
    import('@overparam/method-acb'),
    import('@overparam/method-dbb'),
    import('@overparam/method-mobileone'),
    import('@overparam/method-expandnets'),
    import('@overparam/method-doconv'),
    import('@overparam/method-orepa'),
    import('@overparam/method-sgs'),
    import('@overparam/method-new'),
    import('@overparam/routines'),
    import('@overparam/backbones'),
    import('@overparam/import'),
    import('@overparam/datasets-cifar'),
    import('@overparam/datasets-nyuv2'),
    import('@overparam/datasets-own'),
    import('@overparam/mtl-heads'),
    import('@overparam/balancers'),
    import('@overparam/regularisers'),
  ]);
  const [core, ...packages] = loaded;
  registerPlugin({ name: '@overparam/core-reparam', apiVersion: 1, methods: [core.plain] });
  for (const { plugin } of packages) registerPlugin(plugin);
}

/** Whether a plugin is named by a path and not by a package name. */
function isPath(name: string): boolean {
  return name.startsWith('.') || isAbsolute(name);
}

/**
 * Loads and registers the plugins of a config.
 *
 * @param names   package names, or paths from `folder`
 * @param folder  the config file's folder; packages are looked for from there, then from this package
 * @throws OverparamError `plugin-missing`; `plugin-failed` where its own code throws, which is the cause;
 *   `plugin-invalid`, `plugin-version` or `duplicate-name` for what it exports
 */
export async function loadPlugins(names: readonly string[], folder: string): Promise<void> {
  for (const name of names) {
    const loaded = isPath(name) ? await importPath(name, folder) : await importPackage(name, folder);
    const { plugin, default: other } = loaded as { plugin?: Plugin; default?: Plugin };
    // A module without a default of its own may come with all of its exports as one.
    const found = plugin ?? (Object(other).apiVersion === undefined ? undefined : other);
    if (found === undefined) {
      throw new OverparamError(
        'plugin-invalid',
        `plugins: "${name}" has no export "plugin". Export one made by definePlugin().`,
      );
    }
    try {
      registerPlugin(found);
    } catch (cause) {
      throw named(name, cause);
    }
  }
}

async function importPath(name: string, folder: string): Promise<unknown> {
  const file = resolve(folder, name);
  if (!existsSync(file)) {
    throw new OverparamError('plugin-missing', `plugins: there is no file "${name}" beside the config.`);
  }
  const { createJiti } = await import('jiti');
  // Plugins share this process's copies of the engine and of TensorFlow.js: two copies are two engines.
  const shared = await Promise.all([
    import('@tensorflow/tfjs'),
    import('@overparam/core-reparam'),
    import('@overparam/engine'),
    import('@overparam/errors'),
    import('@overparam/layers'),
    import('@overparam/plugin'),
    import('zod'),
  ]);
  const names = [
    '@tensorflow/tfjs',
    '@overparam/core-reparam',
    '@overparam/engine',
    '@overparam/errors',
    '@overparam/layers',
    '@overparam/plugin',
    'zod',
  ];
  const virtualModules = Object.fromEntries(names.map((key, index) => [key, shared[index]]));
  try {
    return await createJiti(import.meta.url, { virtualModules }).import(file);
  } catch (cause) {
    throw named(name, cause);
  }
}

async function importPackage(name: string, folder: string): Promise<unknown> {
  const found = await resolvePackage(name, folder);
  try {
    return await import(found ?? name);
  } catch (cause) {
    if (found !== null || !isNotFound(cause, name)) throw named(name, cause);
    const hint =
      existsSync(resolve(folder, name)) || /\.[cm]?[jt]s$/.test(name)
        ? `For the file beside the config, write "./${name}".`
        : 'Install it beside the config.';
    throw new OverparamError(
      'plugin-missing',
      `plugins: there is no package "${name}" (${firstLine(cause)}). ${hint}`,
      { cause },
    );
  }
}

/** The address of a package's entry as code in `folder` would import it, or else require it; null where it does not. */
async function resolvePackage(name: string, folder: string): Promise<string | null> {
  const from = resolve(folder, 'package.json');
  const { createJiti } = await import('jiti');
  const found = createJiti(import.meta.url).esmResolve(name, { parentURL: pathToFileURL(from), try: true });
  if (found !== undefined) return found.startsWith('file:') ? found : pathToFileURL(found).href;
  try {
    return pathToFileURL(createRequire(from).resolve(name)).href;
  } catch {
    return null;
  }
}

/** Whether a package itself is missing, and not something that it imports. */
function isNotFound(error: unknown, name: string): boolean {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  const quoted = [`'${name}'`, `"${name}"`];
  return code === 'ERR_MODULE_NOT_FOUND' && quoted.some((text) => String(message).includes(text));
}

/** What a plugin threw, with the plugin's name; an error of this project keeps its code. */
function named(name: string, cause: unknown): OverparamError {
  if (isOverparamError(cause)) {
    return new OverparamError(cause.code, `plugins: "${name}": ${cause.message}`, { cause });
  }
  return new OverparamError(
    'plugin-failed',
    `plugins: "${name}" failed while it was loaded: ${firstLine(cause)}. Mend it, or take it out of \`plugins\`.`,
    { cause },
  );
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!.replace(/\.$/, '');
}

/** A path as seen from another folder, so that a saved config holds no absolute one. */
export function movePath(path: string, from: string, to: string): string {
  const moved = relative(to, resolve(from, path)).replaceAll('\\', '/');
  return moved.startsWith('.') ? moved : `./${moved}`;
}

/** Names of plugins, their paths as seen from another folder. */
export function movePlugins(names: readonly string[], from: string, to: string): string[] {
  return names.map((name) => (isPath(name) ? movePath(name, from, to) : name));
}

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Plugin, registerPlugin } from '@overparam/core-reparam';
import { OverparamError } from '@overparam/engine';

/** Registers what comes with the runner: methods, routines, backbones, datasets and balancers of this repository. */
export async function loadDefaultPlugins(): Promise<void> {
  const loaded = await Promise.all([
    import('@overparam/core-reparam'),
    import('@overparam/method-fnl'),
    import('@overparam/method-repvgg'),
    import('@overparam/method-new'),
    import('@overparam/routines'),
    import('@overparam/backbones'),
    import('@overparam/datasets-cifar'),
    import('@overparam/datasets-nyuv2'),
    import('@overparam/mtl-heads'),
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
 * @param folder  the config file's folder
 * @throws OverparamError `plugin-missing` or `plugin-invalid`
 */
export async function loadPlugins(names: readonly string[], folder: string): Promise<void> {
  for (const name of names) {
    const loaded = isPath(name) ? await importPath(name, folder) : await importPackage(name, folder);
    const plugin =
      (loaded as { plugin?: Plugin; default?: Plugin }).plugin ?? (loaded as { default?: Plugin }).default;
    if (plugin?.apiVersion !== 1) {
      throw new OverparamError(
        'plugin-invalid',
        `plugins: "${name}" has no export "plugin" of apiVersion 1. Export one made by definePlugin().`,
      );
    }
    registerPlugin(plugin);
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
    import('zod'),
  ]);
  const names = ['@tensorflow/tfjs', '@overparam/core-reparam', '@overparam/engine', 'zod'];
  const virtualModules = Object.fromEntries(names.map((key, index) => [key, shared[index]]));
  return createJiti(import.meta.url, { virtualModules }).import(file);
}

async function importPackage(name: string, folder: string): Promise<unknown> {
  try {
    const found = createRequire(join(folder, 'package.json')).resolve(name);
    return await import(pathToFileURL(found).href);
  } catch {
    try {
      return await import(name);
    } catch (cause) {
      throw new OverparamError(
        'plugin-missing',
        `plugins: package "${name}" could not be loaded (${(cause as Error).message.split('\n')[0]}). Install it beside the config.`,
        { cause },
      );
    }
  }
}

/** Paths of plugins as seen from another folder, so that a saved config holds no absolute path. */
export function movePlugins(names: readonly string[], from: string, to: string): string[] {
  return names.map((name) => {
    if (!isPath(name)) return name;
    const path = relative(to, resolve(from, name)).replaceAll('\\', '/');
    return path.startsWith('.') ? path : `./${path}`;
  });
}

import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { OverparamError } from '@overparam/errors';
import { checked } from './problem';
import { type ConfigFile, configSchema } from './schema';
import { parseYaml } from './yaml';

/** A config file, read and checked. */
export interface LoadedConfig {
  readonly config: ConfigFile;
  /** The file's name without its folder, for messages. */
  readonly name: string;
  /** Folder that relative paths in the config start from. */
  readonly folder: string;
}

/** Runs a TypeScript or JavaScript config and takes its export `config` (or default export). */
async function importConfig(path: string, name: string): Promise<unknown> {
  const { createJiti } = await import('jiti');
  const loaded = await createJiti(import.meta.url).import<Record<string, unknown>>(path);
  const value = loaded.config ?? loaded.default;
  if (value === undefined) {
    throw new OverparamError('invalid-config', `${name}: expected an export named "config", found none.`);
  }
  return typeof value === 'function' ? (value as () => unknown)() : value;
}

/** A run folder where a config is expected is one to go on with. */
function folderInstead(path: string): OverparamError {
  const config = join(path, 'config.yaml');
  const found = existsSync(config) ? `Did you mean "${config}"?` : 'Give the path of a .yaml or .ts file.';
  const resume = existsSync(join(path, 'metrics.jsonl'))
    ? ` To go on with the run: overparam train ${config} --out ${path} --resume.`
    : '';
  return new OverparamError(
    'config-missing',
    `"${path}" is a folder, and a config file is expected. ${found}${resume}`,
  );
}

/**
 * Reads a config from a `.yaml`, `.yml`, `.json`, `.ts`, `.mts`, `.js` or `.mjs` file.
 *
 * @throws OverparamError `config-missing`, `invalid-config` or `unknown-key`
 */
export async function readConfig(path: string): Promise<LoadedConfig> {
  const file = resolve(path);
  const name = basename(file);
  if (!existsSync(file)) {
    throw new OverparamError(
      'config-missing',
      `There is no config file "${path}". Give the path of a .yaml or .ts file.`,
    );
  }
  if (statSync(file).isDirectory()) throw folderInstead(path);
  const isCode = /\.[cm]?[jt]s$/.test(file);
  const raw = isCode ? await importConfig(file, name) : parseYaml(await readFile(file, 'utf8'), name);
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw new OverparamError(
      'invalid-config',
      `${name}: expected keys such as "method" and "epochs" at the top level.`,
    );
  }
  checked(configSchema, raw, name);
  return { config: raw as ConfigFile, name, folder: dirname(file) };
}

/**
 * A config from its path or given as a value, which is checked as one from a file is; its relative paths start from the
 * working directory.
 *
 * @throws OverparamError as {@link readConfig}
 */
export async function loadConfig(config: string | ConfigFile): Promise<LoadedConfig> {
  if (typeof config === 'string') return readConfig(config);
  checked(configSchema, config, 'config');
  return { config, name: 'config', folder: resolve('.') };
}

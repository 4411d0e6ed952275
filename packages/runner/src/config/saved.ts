import { stringify } from 'yaml';
import { movePlugins } from './plugins';
import type { RunConfig } from './schema';

/**
 * The text of a run folder's `config.yaml`: every default filled in, no times, no absolute paths.
 *
 * @param from  folder that the config's plugin paths start from
 * @param to    the run folder
 */
export function configText(config: RunConfig, from: string, to: string): string {
  return stringify({ ...config, plugins: movePlugins(config.plugins, from, to) }, { lineWidth: 110 });
}

/** Paths of all leaves at which two configs differ, such as `lr.peak`. */
export function differences(a: unknown, b: unknown, path = ''): string[] {
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(a) || !isObject(b)) return [path];
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].flatMap((key) => differences(a[key], b[key], path === '' ? key : `${path}.${key}`));
}

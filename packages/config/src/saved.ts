import { createHash } from 'node:crypto';
import { scheduleSchema } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import { type Backbone, registered } from '@overparam/plugin';
import { stringify } from 'yaml';
import { embedded } from './embedded';
import { configKeys } from './keys';
import { movePath, movePlugins } from './plugins';
import { checked, unknownKeys } from './problem';
import { configSchema, type RunConfig } from './schema';
import { parseYaml } from './yaml';

/**
 * The text of a run folder's `config.yaml`: every default filled in, no times, no absolute paths.
 *
 * @param from  folder that the paths of the config's plugins and backbone start from
 * @param to    the run folder
 */
export function configText(config: RunConfig, from: string, to: string): string {
  const backbone: Record<string, unknown> = { ...config.backbone };
  const kinds = registered('backbone') as readonly Backbone[];
  for (const name of kinds.find((kind) => kind.name === config.backbone.name)?.paths ?? []) {
    if (typeof backbone[name] === 'string') backbone[name] = movePath(backbone[name], from, to);
  }
  const plugins = movePlugins(config.plugins, from, to);
  const follows = config.follows && { ...config.follows, run: movePath(config.follows.run, from, to) };
  return stringify({ ...config, backbone, plugins, follows }, { lineWidth: 110 });
}

/**
 * Checks a completed config that was read back.
 *
 * @param where  the file's name, for messages
 * @throws OverparamError `invalid-config`, `unknown-key`, `missing-key`
 */
export function checkSaved(value: unknown, where: string): RunConfig {
  const config = checked(configSchema, value, where) as unknown as RunConfig;
  const missing = configKeys.find((key) => config[key] === undefined);
  if (missing !== undefined) {
    throw new OverparamError(
      'missing-key',
      `${where}: "${missing}" is missing; a run's own config has every key. Take another copy of the file.`,
    );
  }
  const others = Object.keys(config).filter((key) => !(configKeys as readonly string[]).includes(key));
  if (others.length > 0)
    throw unknownKeys(
      where,
      others.map((key) => ({ path: [key], known: configKeys })),
    );
  checked(embedded(scheduleSchema), config.lr, where, ['lr']);
  return config;
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

/** The SHA-256 of a config's text: of what it says, in whatever order. */
export function configSum(text: string): string {
  // JSON has neither -0 nor what is not finite.
  const told = (value: number) =>
    Object.is(value, -0) || !Number.isFinite(value) ? `number ${value === 0 ? '-0' : value}` : value;
  const sorted = (_: string, value: unknown): unknown =>
    typeof value === 'number'
      ? told(value)
      : typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
        : value;
  const json = JSON.stringify(parseYaml(text, 'config.yaml'), sorted);
  return createHash('sha256').update(json).digest('hex');
}

import type { EngineName } from '@overparam/engine';
import { nearest, OverparamError } from '@overparam/errors';
import { mergeLayers, writtenOut } from './merge';
import { applyOverrides, type Override } from './override';
import { checked, unknownKey } from './problem';
import type { LoadedConfig } from './read';
import { type ConfigFile, configSchema, type RunLayer } from './schema';

/** What a user asks for beside the config file. */
export interface Request {
  readonly overrides: readonly Override[];
  readonly variant?: string;
}

/** The rows of a config as partial runs, each with its label; still without defaults. */
export interface Rows {
  readonly rows: readonly RunLayer[];
  /** Seeds of a comparison; the config's one seed where it lists none. */
  readonly seeds: readonly (number | string)[];
  /** Whether the config is a comparison. */
  readonly comparison: boolean;
  /** What the single-task references of a comparison are trained with; null where it has none. */
  readonly references: RunLayer | null;
  readonly improvement: NonNullable<ConfigFile['improvement']>;
}

const comparisonKeys = ['rows', 'seeds', 'references', 'improvement', 'projection', 'variants', 'byEngine'];

function nameOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const name = (value as { name?: unknown } | undefined)?.name;
  return typeof name === 'string' ? name : undefined;
}

/** `fnl/joint`, as a row is called where it has no label of its own. */
function rowLabel(row: RunLayer): string {
  return row.label ?? [nameOf(row.method) ?? 'plain', nameOf(row.routine) ?? 'joint'].join('/');
}

/** The config with overrides of `rows`, `seeds`, `variants` and `byEngine` in it, checked again. */
function withFileOverrides(loaded: LoadedConfig, overrides: readonly Override[]): ConfigFile {
  const known = Object.keys(configSchema.shape).filter((key) => key !== '$schema');
  for (const { path } of overrides) {
    if (!known.includes(path[0]!)) throw unknownKey('--set', [path[0]!], known);
  }
  const config = applyOverrides(
    loaded.config as RunLayer,
    overrides.filter(({ path }) => comparisonKeys.includes(path[0]!)),
  );
  checked(configSchema, config, '--set');
  return config as ConfigFile;
}

/** The overrides of the chosen variant. */
function variantOf(
  config: ConfigFile,
  name: string | undefined,
): NonNullable<ConfigFile['variants']>[string] | undefined {
  if (name === undefined) return undefined;
  const names = Object.keys(config.variants ?? {});
  const found = config.variants?.[name];
  if (found) return found;
  const guess = nearest(name, names);
  const hint = guess
    ? `Did you mean "${guess}"?`
    : `It has ${names.length === 0 ? 'none' : names.join(', ')}.`;
  throw new OverparamError('unknown-variant', `The config has no variant "${name}". ${hint}`);
}

/** The engine that a config and its request ask for, before any is started; no threads stand for all that there are. */
export function requestedEngine(
  loaded: LoadedConfig,
  request: Request,
): { name: EngineName | 'auto'; threads?: number } {
  const config = withFileOverrides(loaded, request.overrides);
  const variant = variantOf(config, request.variant);
  const merged = applyOverrides(
    mergeLayers([{ engine: config.engine }, { engine: variant?.engine }]),
    request.overrides.filter(({ path }) => path[0] === 'engine'),
  );
  checked(configSchema, merged, '--set');
  const engine = writtenOut(merged as Record<string, unknown>).engine as {
    name?: EngineName | 'auto';
    threads?: number | 'all';
  };
  const { name = 'auto', threads = 'all' } = engine ?? {};
  return { name, ...(threads === 'all' ? {} : { threads }) };
}

/** Whether an override only chooses rows of a comparison, as `method=fnl` and `routine=joint` do. */
function choosesRow(override: Override): boolean {
  return override.path.length === 1 && ['method', 'routine', 'label'].includes(override.path[0]!);
}

/**
 * Lays a config's parts on each other for each row: the config, `byEngine`, the variant, the row, `--set`.
 * Where the config has rows, `--set method=`, `routine=` and `label=` keep those that match.
 *
 * @param engine  the engine that is in use
 * @throws OverparamError `unknown-key`, `unknown-variant`, `unknown-row`, `invalid-config`
 */
export function layRows(loaded: LoadedConfig, engine: EngineName, request: Request): Rows {
  const config = withFileOverrides(loaded, request.overrides);
  const variant = variantOf(config, request.variant);
  const {
    rows,
    seeds,
    byEngine,
    references,
    improvement = 'deltaM',
    variants: _variants,
    projection: _,
    $schema: _schema,
    ...base
  } = config;
  const {
    rows: variantRows,
    seeds: variantSeeds,
    references: variantReferences,
    projection: _own,
    ...variantKeys
  } = variant ?? {};
  const fileRows = overridden(request, 'rows') ? rows : (variantRows ?? rows);
  const fileSeeds = overridden(request, 'seeds') ? seeds : (variantSeeds ?? seeds);
  const comparison = fileRows !== undefined;
  const layers = [base, byEngine?.[engine], variantKeys];
  const all = (fileRows ?? [{}]).map((row) => {
    const merged = mergeLayers([...layers, row]);
    return comparison ? { ...merged, label: row.label ?? rowLabel(merged) } : merged;
  });
  const chosen = comparison ? chooseRows(all, request.overrides.filter(choosesRow)) : all;
  const rest = request.overrides.filter(
    (override) => !comparisonKeys.includes(override.path[0]!) && !(comparison && choosesRow(override)),
  );
  const override = (row: RunLayer) => {
    const changed = applyOverrides(row, rest);
    checked(configSchema, changed, '--set');
    return changed;
  };
  const done = chosen.map(override);
  const referenceKeys = [references, variantReferences].filter((keys) => keys !== undefined);
  // The baseline's method, whatever the config has rows vary.
  const ofReferences: readonly RunLayer[] = [{ method: 'plain', routine: 'joint' }, ...referenceKeys];
  const seedSet = request.overrides.some(({ path }) => path[0] === 'seed');
  return {
    rows: done,
    seeds: seedSet || !fileSeeds ? [done[0]?.seed ?? 0] : fileSeeds,
    comparison,
    references: referenceKeys.length > 0 ? override(mergeLayers([...layers, ...ofReferences])) : null,
    improvement,
  };
}

function overridden(request: Request, key: string): boolean {
  return request.overrides.some(({ path }) => path[0] === key);
}

/** The rows that every choosing override matches. */
function chooseRows(rows: readonly RunLayer[], choices: readonly Override[]): readonly RunLayer[] {
  const matches = rows.filter((row) =>
    choices.every(({ path, value }) =>
      path[0] === 'label'
        ? row.label === value
        : nameOf(row[path[0] as 'method' | 'routine']) === nameOf(value),
    ),
  );
  if (matches.length > 0) return matches;
  const wanted = choices.map(({ path, value }) => `${path[0]}=${nameOf(value) ?? String(value)}`).join(' ');
  throw new OverparamError('unknown-row', `No row has ${wanted}. ${listRows(rows)}`);
}

/** The rows of a comparison with what chooses each, for messages. */
function listRows(rows: readonly RunLayer[]): string {
  const lines = rows.map(
    (row) =>
      `  --set method=${nameOf(row.method) ?? 'plain'} --set routine=${nameOf(row.routine) ?? 'joint'} --set label=${JSON.stringify(row.label)}`,
  );
  return `Its rows are:\n${lines.join('\n')}`;
}

/**
 * The one row to be trained.
 *
 * @throws OverparamError `ambiguous-row`, listing the rows, where a comparison's config leaves more than one
 */
export function oneRow(rows: Rows): RunLayer {
  if (rows.rows.length === 1) return rows.rows[0]!;
  throw new OverparamError(
    'ambiguous-row',
    `The config is a comparison and ${rows.rows.length} of its rows match; choose one of them. ${listRows(rows.rows)}`,
  );
}

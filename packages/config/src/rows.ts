import { parse } from 'node:path';
import type { EngineName } from '@overparam/engine';
import { nearest, OverparamError } from '@overparam/errors';
import {
  completeLauncher,
  type LauncherChoice,
  type LauncherConfig,
  launcherNames,
} from '@overparam/launchers';
import type { SweepConfig } from '@overparam/sweep';
import { controlledRow, plainControl } from './controls';
import type { EngineRequest } from './engine';
import { mergeLayers, writtenOut } from './merge';
import { applyOverrides, type Override } from './override';
import { checked, unknownKeys } from './problem';
import type { LoadedConfig } from './read';
import { type ConfigFile, configSchema, type RunLayer } from './schema';

/** What a user asks for beside the config file. */
export interface Request {
  readonly overrides: readonly Override[];
  readonly variant?: string;
  /** Where runs compute, in place of the config's. */
  readonly launcher?: string;
  /** Processes that train a run together and share a machine's processors; 1 where absent. */
  readonly processes?: number;
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
}

/** A config with its variant and overrides in place, once and for all; rows follow when the engine is known. */
export interface Arranged {
  readonly title: string;
  readonly engine: EngineRequest;
  readonly improvement: NonNullable<ConfigFile['improvement']>;
  readonly projection: NonNullable<ConfigFile['projection']> | null;
  /** What is chosen for each row before it is compared; null for nothing. */
  readonly sweep: SweepConfig | null;
  /** Where runs compute. */
  readonly launcher: LauncherChoice;
  /**
   * The rows on an engine.
   *
   * @throws OverparamError `unknown-row`, `invalid-config`
   */
  rowsOn(engine: EngineName): Rows;
}

const comparisonKeys = [
  'rows',
  'seeds',
  'sweep',
  'launcher',
  'references',
  'improvement',
  'projection',
  'variants',
  'byEngine',
];

function nameOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const name = (value as { name?: unknown } | undefined)?.name;
  return typeof name === 'string' ? name : undefined;
}

/** `fnl/joint`, as a row is called where it has no label of its own: the config's is the title of the whole. */
function rowLabel(row: RunLayer): string {
  return [nameOf(row.method) ?? 'plain', nameOf(row.routine) ?? 'joint'].join('/');
}

/** The config with overrides of `rows`, `seeds`, `variants` and `byEngine` in it, checked again. */
function withFileOverrides(loaded: LoadedConfig, overrides: readonly Override[]): ConfigFile {
  const known = Object.keys(configSchema.shape).filter((key) => key !== '$schema');
  const unknown = new Set(overrides.map(({ path }) => path[0]!).filter((key) => !known.includes(key)));
  if (unknown.size > 0)
    throw unknownKeys(
      '--set',
      Array.from(unknown, (key) => ({ path: [key], known })),
    );
  const config = applyOverrides(
    loaded.config as RunLayer,
    // A variant may say the rest of a sweep, which is checked once it is whole.
    overrides.filter(
      ({ path }) => !['sweep', 'launcher'].includes(path[0]!) && comparisonKeys.includes(path[0]!),
    ),
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

/** Whether an override only chooses rows of a comparison, as `method=fnl` and `routine=joint` do. */
function choosesRow(override: Override): boolean {
  return override.path.length === 1 && ['method', 'routine', 'label'].includes(override.path[0]!);
}

/** What an override that chooses rows says beside the name, as `method={ name: fnl, form: deep }` does: it holds in the rows that are chosen. */
function optionsBeside({ path, value }: Override): Override[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, option]) =>
    key === 'name' ? [] : [{ path: [...path, key], value: option }],
  );
}

/**
 * Lays a config's parts on each other: the config, `byEngine`, the variant, the row, `--set`. Where the config has rows,
 * `--set method=`, `routine=` and `label=` keep those that match, with the options that stand beside a name.
 *
 * @throws OverparamError `unknown-key`, `unknown-variant`, `invalid-config`
 */
export function arrange(loaded: LoadedConfig, request: Request): Arranged {
  const { overrides } = request;
  const file = withFileOverrides(loaded, overrides);
  const variant = variantOf(file, request.variant) ?? {};
  const overridden = (key: string) => overrides.some(({ path }) => path[0] === key);
  // What a variant says gives way to what was asked for by `--set`.
  const either = <Key extends 'rows' | 'seeds' | 'projection'>(key: Key) =>
    overridden(key) ? file[key] : (variant[key] ?? file[key]);
  const title = file.label ?? parse(loaded.name).name;
  return {
    title: request.variant === undefined ? title : `${title}: ${request.variant}`,
    engine: engineOf([file, variant], overrides),
    improvement: file.improvement ?? 'deltaM',
    projection: either('projection') ?? null,
    sweep: sweepOf(loaded.config, variant, overrides),
    launcher: launcherOf(loaded.config, request),
    rowsOn: (engine) =>
      layRows(file, variant, engine, overrides, { rows: either('rows'), seeds: either('seeds') }),
  };
}

/** The sweep of the config, of the variant on top of it, and of the overrides. */
function sweepOf(file: ConfigFile, variant: Variant, overrides: readonly Override[]): SweepConfig | null {
  const under = variant.sweep === null ? null : { ...file.sweep, ...variant.sweep };
  const given = under !== null && Object.keys(under).length > 0 ? { sweep: under } : {};
  const own = overrides.filter(({ path }) => path[0] === 'sweep');
  const { sweep } = applyOverrides(given as RunLayer, own) as { sweep?: SweepConfig | null };
  checked(configSchema, { sweep }, 'sweep');
  return sweep ?? null;
}

/** The launcher of the config, or of the request, whose name drops the options of another one. */
function launcherOf(
  { launcher: given }: ConfigFile,
  { launcher: wanted, overrides }: Request,
): LauncherChoice {
  if (wanted !== undefined && !(launcherNames as readonly string[]).includes(wanted)) {
    const guess = nearest(wanted, launcherNames);
    const hint = guess ? `Did you mean "${guess}"?` : `It may be ${launcherNames.join(', ')}.`;
    throw new OverparamError('invalid-option', `--launcher: there is no launcher "${wanted}". ${hint}`);
  }
  const under = typeof given === 'string' ? { name: given } : given;
  const kept = wanted === undefined || under?.name === wanted ? under : { name: wanted };
  const own = overrides.filter(({ path }) => path[0] === 'launcher');
  const whole: object = { launcher: kept ?? { name: 'local' } };
  const layer: object = applyOverrides(whole as RunLayer, own);
  checked(configSchema, layer, 'launcher');
  return completeLauncher((layer as { launcher: LauncherConfig }).launcher);
}

type Variant = NonNullable<ConfigFile['variants']>[string];

/** The engine that is asked for; no threads stand for all that there are. */
function engineOf(layers: readonly Pick<Variant, 'engine'>[], overrides: readonly Override[]): EngineRequest {
  const merged = applyOverrides(
    mergeLayers(layers.map(({ engine }) => ({ engine }))),
    overrides.filter(({ path }) => path[0] === 'engine'),
  );
  checked(configSchema, merged, '--set');
  const engine = writtenOut(merged as Record<string, unknown>).engine as {
    name?: EngineName | 'auto';
    threads?: number | 'all';
  };
  const { name = 'auto', threads = 'all' } = engine ?? {};
  return { name, ...(threads === 'all' ? {} : { threads }) };
}

function runKeys({
  rows: _rows,
  seeds: _seeds,
  sweep: _sweep,
  references: _references,
  projection: _,
  ...keys
}: Variant) {
  return keys;
}

function layRows(
  file: ConfigFile,
  variant: Variant,
  engine: EngineName,
  overrides: readonly Override[],
  { rows, seeds }: Pick<ConfigFile, 'rows' | 'seeds'>,
): Rows {
  const {
    byEngine,
    launcher: _launcher,
    improvement: _improvement,
    variants: _variants,
    $schema: _schema,
    ...base
  } = file;
  const comparison = rows !== undefined;
  const layers = [runKeys(base), byEngine?.[engine], runKeys(variant)];
  const labelOf = (row: RunLayer) => row.label ?? rowLabel(mergeLayers([...layers, row]));
  const all = (rows ?? [{}]).map((written) => {
    const row = controlledRow(written, rows ?? [], labelOf);
    const merged = mergeLayers([...layers, row]);
    return comparison ? { ...merged, label: row.label ?? rowLabel(merged) } : merged;
  });
  const kept = comparison ? chooseRows(all, overrides.filter(choosesRow)) : all;
  const rest = overrides
    .filter(({ path }) => !comparisonKeys.includes(path[0]!))
    .flatMap((one) => (comparison && choosesRow(one) ? optionsBeside(one) : [one]));
  const override = (row: RunLayer) => {
    const { control, ...changed } = applyOverrides(row, rest);
    checked(configSchema, changed, '--set');
    return control ? { ...changed, control } : changed;
  };
  const done = kept.map(override);
  const referenceKeys = [file.references, variant.references].filter((keys) => keys !== undefined);
  // The baseline's method, whatever the config has rows vary.
  const ofReferences: readonly RunLayer[] = [{ method: 'plain', routine: 'joint' }, ...referenceKeys];
  const seedSet = overrides.some(({ path }) => path[0] === 'seed');
  return {
    rows: done,
    seeds: seedSet || !seeds ? [done[0]?.seed ?? 0] : seeds,
    comparison,
    references: referenceKeys.length > 0 ? override(mergeLayers([...layers, ...ofReferences])) : null,
  };
}

/** The rows that every choosing override matches. */
function chooseRows(rows: readonly RunLayer[], choices: readonly Override[]): readonly RunLayer[] {
  const matches = rows.filter((row) =>
    choices.every(({ path, value }) =>
      path[0] === 'label'
        ? row.label === value
        : !(row.control && plainControl(row.control.name)) &&
          nameOf(row[path[0] as 'method' | 'routine']) === nameOf(value),
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
 * @throws OverparamError `missing-row` for a control that needs another row; `ambiguous-row`, listing the rows, where a comparison's config leaves more than one
 */
export function oneRow(rows: Rows): RunLayer {
  const [row, ...more] = rows.rows;
  if (row && more.length === 0) {
    const control = row.control && plainControl(row.control.name);
    if (!control) return row;
    throw new OverparamError(
      'missing-row',
      `The row "${row.label}" is a control that ${control.follows ? 'follows the runs' : 'is measured by the training'} of "${row.control!.of}", which a comparison makes. Use overparam compare${control.follows ? ', or follow a finished run: --set method=plain --set follows.run=FOLDER' : ''}.`,
    );
  }
  throw new OverparamError(
    'ambiguous-row',
    `The config is a comparison and ${rows.rows.length} of its rows match; choose one of them. ${listRows(rows.rows)}`,
  );
}

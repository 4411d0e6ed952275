import { optimisers } from '@overparam/engine';
import { isOverparamError, OverparamError } from '@overparam/errors';
import { lookup, optionNames } from '@overparam/plugin';
import { isRange, type Over, type Setting, type Sweep } from '@overparam/sweep';
import { lastEpochs } from '@overparam/training';
import { applyOverrides } from './override';
import { checked } from './problem';
import { configSchema, type RunConfig, type RunLayer } from './schema';

/** A sweep over the rows of a comparison, checked. */
export interface ResolvedSweep {
  readonly sweep: Sweep;
  /** What is tried on each row: the keys that it has. */
  readonly rows: readonly Over[];
  /** What is tried on the single-task references. */
  readonly reference: Over;
  /** What a user should know of it, in a sentence each: keys that rows do not have, choices by a mean over all epochs. */
  readonly notes: readonly string[];
  /**
   * A row with a setting.
   *
   * @param row  its index, or `reference`
   * @throws OverparamError where the setting is not one that the row can have
   */
  rowWith(row: number | 'reference', setting: Setting): Promise<RunConfig>;
}

/** A row that is swept, before its defaults. */
export interface SweptLayer {
  readonly row: number | 'reference';
  readonly layer: RunLayer;
  /** As it is without a setting. */
  readonly config: RunConfig;
  /** Whether nothing is chosen for it by itself, as for a control that follows another row's runs. */
  readonly settled?: boolean;
}

/** Keys that decide what is measured, or that change no result: nothing to choose by validation. */
const notChosen: Readonly<Record<string, string>> = {
  label: 'it only names a row',
  seed: 'seeds are not chosen; `sweep.seeds` says which settings are tried with',
  seeds: 'seeds are not chosen; `sweep.seeds` says which settings are tried with',
  rows: 'rows are compared, not chosen',
  engine: 'all rows compute on one engine',
  'engine.name': 'all rows compute on one engine',
  'engine.threads': 'all rows compute on one engine',
  dataset: 'figures on other data cannot be compared',
  'dataset.name': 'figures on other data cannot be compared',
  tasks: 'figures of other tasks cannot be compared',
  evaluation: 'it changes what is measured, not what is trained',
  limit: 'figures on other data cannot be compared',
  validation: 'it is what is chosen by; `sweep.validation` sets it',
  layerRecords: 'it changes no result',
  follows: 'controls say what is followed',
  control: 'rows are compared, not chosen',
  checkpoints: 'it changes no result',
  plugins: 'all rows have the same plugins',
  recompute: 'it changes no result',
};

function refuseKey(key: string): void {
  const [first = ''] = key.split('.');
  const reason = notChosen[key] ?? (['dataset', 'engine'].includes(first) ? undefined : notChosen[first]);
  if (reason === undefined) return;
  throw new OverparamError('invalid-sweep', `sweep: over.${key} cannot be chosen: ${reason}. Leave it out.`);
}

/** Options beside the last key of a path, where the path leads into those of a plugin's part or of an optimiser. */
function optionsBeside(config: RunConfig, path: readonly string[]): readonly string[] {
  const [kind, ...inner] = path;
  const within = inner.slice(0, -1);
  if (kind === 'optimiser') {
    const found = optimisers.find(({ name }) => name === config.optimiser.name);
    return found ? optionNames(found.options, within) : [];
  }
  if (
    kind === 'method' ||
    kind === 'routine' ||
    kind === 'backbone' ||
    kind === 'dataset' ||
    kind === 'balancer'
  ) {
    return optionNames(lookup(kind, config[kind].name).options, within);
  }
  return [];
}

/** Whether an error says that a row has no such key, rather than that the value is none for it. */
function isAbsent(error: unknown, config: RunConfig, path: readonly string[]): boolean {
  if (!isOverparamError(error) || path.length < 2) return false;
  if (error.code !== 'unknown-key' && error.code !== 'invalid-options') return false;
  return !['name', ...optionsBeside(config, path)].includes(path.at(-1)!);
}

/** Values that stand for all that a key is tried with. */
function samples(values: Over[string]): readonly unknown[] {
  return isRange(values) ? [values.from, values.to] : values;
}

/**
 * Checks what a sweep tries against every row, before anything is trained.
 *
 * A key that only some rows have is tried on these; the others are told in `notes`.
 *
 * @param complete  fills in the defaults of a layer
 * @throws OverparamError `invalid-sweep`, `unknown-key` for a key that no row has, and what is wrong with a value
 */
export async function resolveSweep(
  sweep: Sweep,
  layers: readonly SweptLayer[],
  complete: (layer: RunLayer) => Promise<RunConfig>,
): Promise<ResolvedSweep> {
  const withSetting = (layer: RunLayer, setting: Setting): Promise<RunConfig> => {
    const overrides = Object.entries(setting).map(([key, value]) => ({ path: key.split('.'), value }));
    const { control, ...changed } = applyOverrides(layer, overrides);
    checked(configSchema, changed, 'sweep');
    return complete(control ? { ...changed, control } : changed);
  };
  for (const key of Object.keys(sweep.over)) refuseKey(key);
  const swept = layers.filter(({ settled }) => !settled);
  const absent = new Map<string, SweptLayer[]>();
  for (const [key, values] of Object.entries(sweep.over)) {
    const without: SweptLayer[] = [];
    let reason: unknown = null;
    for (const one of swept) {
      try {
        for (const value of samples(values)) await withSetting(one.layer, { [key]: value });
      } catch (error) {
        if (!isAbsent(error, one.config, key.split('.'))) throw told(error, key, one.config.label);
        reason ??= error;
        without.push(one);
      }
    }
    if (without.length === swept.length) throw told(reason, key, 'every row');
    absent.set(key, without);
  }
  const overOf = ({ row, settled }: SweptLayer): Over =>
    Object.fromEntries(
      Object.entries(sweep.over).filter(
        ([key]) => !settled && !absent.get(key)!.some((other) => other.row === row),
      ),
    );
  const reference = layers.find(({ row }) => row === 'reference');
  return {
    sweep,
    rows: layers.filter(({ row }) => row !== 'reference').map(overOf),
    reference: reference ? overOf(reference) : {},
    notes: [
      ...[...absent].flatMap(([key, without]) =>
        without.length === 0
          ? []
          : [`The sweep over ${key} leaves out what has no such key: ${without.map(labelOf).join(', ')}.`],
      ),
      ...meanOfAllNotes(sweep, swept),
    ],
    rowWith: (row, setting) => withSetting(layers.find((other) => other.row === row)!.layer, setting),
  };
}

function labelOf({ row, config }: SweptLayer): string {
  return row === 'reference' ? 'single tasks' : config.label;
}

/** In the first epochs, running statistics and with them test figures can be far off, which would then decide the choice. */
function meanOfAllNotes({ epochs }: Sweep, swept: readonly SweptLayer[]): string[] {
  const labels = swept
    .filter(({ config }) => config.evaluation === 'meanOfLast' && (epochs ?? config.epochs) <= lastEpochs)
    .map(labelOf);
  if (labels.length === 0) return [];
  return [
    `evaluation: meanOfLast takes in every epoch, the first ones too, of runs that choose and have ${lastEpochs} or fewer: ${labels.join(', ')}. Choose for longer (sweep.epochs), or by evaluation: last.`,
  ];
}

function told(error: unknown, key: string, row: string): unknown {
  if (!isOverparamError(error)) return error;
  return new OverparamError(error.code, `sweep: over.${key}, for ${row}: ${error.message}`, { cause: error });
}

import {
  type ConfigFile,
  type LoadedConfig,
  loadConfig,
  parseOverride,
  type Request,
  resolveComparison,
} from '@overparam/config';
import { improvementDefinitions } from '@overparam/mtl-heads';
import { type ComparisonResult, comparisonResult, type RowRecord } from '@overparam/report';
import { lockFolder, makeFolder, ownFileProblem, removeFragments } from '@overparam/run-folder';
import { ownCommandLine } from './child';
import { gatherRows } from './collect';
import { physicalCores, runsAtOnce } from './cores';
import { describeRows } from './describe-rows';
import { obtainedFrom } from './obtained';
import { writeOutputs } from './output';
import { planRuns, runFolder } from './plan';
import { type CheckRowsOptions, checkRows, prepareComparison } from './prepare';
import { referenceRows } from './references';
import { type Training, trainRuns } from './train-runs';

/** Where and how a comparison runs. */
export interface ComparisonRun extends Omit<Training, 'command'> {
  /** The comparison's folder. */
  readonly out: string;
  /** Go on with a comparison that was interrupted. */
  readonly resume?: boolean;
  /** Runs at a time; from cores and threads where absent. */
  readonly jobs?: number;
}

/** How {@link compare} runs. */
export interface CompareOptions extends Omit<ComparisonRun, 'dataDir' | 'signal'> {
  /** Folder of all datasets; `data` where absent. */
  readonly dataDir?: string;
  /** Overrides such as `lr.peak=0.2`, as `--set` takes them. */
  readonly set?: readonly string[];
  /** One of the config's variants. */
  readonly variant?: string;
  /** Stops the comparison when it aborts; `resume` goes on with it. */
  readonly signal?: AbortSignal;
}

/** What became of a comparison. */
export interface Compared {
  /** Every row with its runs; the single-task references last. */
  readonly records: readonly RowRecord[];
  readonly result: ComparisonResult;
  /** Path of the report, or null where the comparison was interrupted. */
  readonly report: string | null;
  readonly failures: number;
  readonly interrupted: boolean;
}

/**
 * Trains every row of a config with every seed, each run in a process and a folder of its own, and writes
 * `report.html` and `compare.json`. Runs that are finished already are not run again.
 *
 * @param config  its path, or a config
 * @throws OverparamError for mistakes in the config and for a folder that cannot be used; a run that fails does not
 *   throw but is part of the result
 * @example
 * const { result, report } = await compare('config.yaml', { out: 'runs/methods' });
 */
export async function compare(config: string | ConfigFile, options: CompareOptions): Promise<Compared> {
  const { set = [], variant, dataDir = 'data', signal = new AbortController().signal, ...rest } = options;
  const loaded = await loadConfig(config);
  const request = { overrides: set.map(parseOverride), variant };
  return compareRows(loaded, request, { ...rest, dataDir, signal });
}

/** As {@link compare}, of a config that is loaded and a request that is parsed. */
export async function compareRows(
  loaded: LoadedConfig,
  request: Request,
  options: ComparisonRun,
): Promise<Compared> {
  try {
    return await compareInFolder(loaded, request, options);
  } catch (error) {
    throw ownFileProblem(error, options.out, 'Runs that are finished are saved; --resume goes on.');
  }
}

async function compareInFolder(
  loaded: LoadedConfig,
  request: Request,
  options: ComparisonRun,
): Promise<Compared> {
  const resolved = await resolveComparison(loaded, request);
  const { rows, seeds, reference, engine } = resolved;
  const { callbacks = {} } = options;
  for (const note of engine.notes) callbacks.onNote?.(note);
  planRuns(rows, seeds, options.out);
  const checking: CheckRowsOptions = {
    dataDir: options.dataDir,
    signal: options.signal,
    onRow: (...row) => callbacks.onPlan?.(...row),
    runsOf: (label) => (options.resume ? seeds.map((seed) => runFolder(options.out, label, seed)) : []),
  };
  // A reference has one task by its nature, and the balancer of its rows.
  const planned = await checkRows(rows, { ...checking, onNote: (text) => callbacks.onNote?.(text) });
  const references = referenceRows(reference, planned.tasks);
  const plannedRows = [
    ...planned.rows,
    ...(references.length > 0 ? (await checkRows(references, checking)).rows : []),
  ];
  const runs = planRuns([...rows, ...references], seeds, options.out);
  await makeFolder(options.out);
  const lock = await lockFolder(options.out, {
    note: (text) => callbacks.onNote?.(text),
    signal: options.signal,
  });
  try {
    await removeFragments(options.out);
    await prepareComparison(options.out, runs, loaded, options.resume ?? false);
    const cores = physicalCores();
    const threads = rows[0]!.engine.threads ?? (engine.threads === 'one' ? 1 : null);
    const atOnce = options.jobs ?? runsAtOnce(runs.length, cores, threads);
    const machine = { engine, cores, runsAtOnce: Math.min(atOnce, runs.length) };
    const obtained = obtainedFrom(resolved, planned, machine);
    const updates = runs.map(({ row }) => plannedRows[row]!.updates);
    const signal = AbortSignal.any([options.signal, lock.lost]);
    const outcomes = await trainRuns(runs, atOnce, updates, {
      ...options,
      command: ownCommandLine(),
      signal,
    });
    await lock.check();
    const records = await gatherRows(describeRows(rows, references, plannedRows), runs, outcomes);
    const result = comparisonResult(records, obtained, Object.values(improvementDefinitions));
    const interrupted = options.signal.aborted;
    return {
      records,
      result,
      report: interrupted ? null : await writeOutputs(options.out, records, result, runs),
      failures: records.reduce((sum, record) => sum + record.failures.length, 0),
      interrupted,
    };
  } finally {
    await lock.release();
  }
}

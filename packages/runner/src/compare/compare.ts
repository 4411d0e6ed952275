import {
  type ConfigFile,
  type LoadedConfig,
  loadConfig,
  parseOverride,
  parseSweep,
  type Request,
  resolveComparison,
} from '@overparam/config';
import { launcherOf, type Outcome, schedulerOf } from '@overparam/launchers';
import { improvementDefinitions } from '@overparam/mtl-heads';
import { type ComparisonResult, comparisonResult, type RowRecord } from '@overparam/report';
import { lockFolder, makeFolder, ownFileProblem, removeFragments } from '@overparam/run-folder';
import { slug } from '@overparam/saved-runs';
import { checkFirst, chooseSettings, type TrialMaker } from './choose';
import { gatherRows } from './collect';
import {
  equalCompute,
  followRuns,
  isFollower,
  trainInOrder,
  withControls,
  withoutFollowed,
} from './controls';
import { physicalCores, runsAtOnce } from './cores';
import { describeRows } from './describe-rows';
import { obtainedFrom } from './obtained';
import { writeOutputs } from './output';
import { ownCommandLine } from './own-command-line';
import { type PlannedRun, planRuns, runFolder } from './plan';
import { type CheckRowsOptions, checkRows, holdConfigs, prepareComparison } from './prepare';
import { ProgressBook } from './progress';
import { referenceRows } from './references';
import { RunPlans } from './run-plans';
import { settledRows, withoutChoice } from './settled-rows';
import { sweptRows } from './swept-rows';
import { type Training, trainRuns } from './train-runs';
import { checkWorkers } from './workers';

/** Where and how a comparison runs. */
export interface ComparisonRun extends Omit<Training, 'command'> {
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
  /** `local`, `slurm` or `kubernetes`, in place of the config's. */
  readonly launcher?: string;
  /** What is chosen for each row, such as `lr=0.03,0.1,0.3`, as `--sweep` takes it. */
  readonly sweep?: readonly string[];
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
  /** Runs that go on, or wait for their turn, in a scheduler's hands; `resume` waits for them. */
  readonly left: number;
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
  const {
    set = [],
    sweep = [],
    variant,
    launcher,
    dataDir = 'data',
    signal = new AbortController().signal,
    ...rest
  } = options;
  const loaded = await loadConfig(config);
  const request: Request = {
    overrides: [...set.map(parseOverride), ...sweep.map(parseSweep)],
    variant,
    launcher,
    processes: options.workers,
  };
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
  const { callbacks = {}, resume = false, workers = 1 } = options;
  const note = (text: string) => callbacks.onNote?.(text);
  const { resolved, adjust } = await equalCompute(await resolveComparison(loaded, request), {
    ...options,
    note,
  });
  const { rows, seeds, reference, sweep, engine, controls } = resolved;
  checkWorkers(workers, engine, controls);
  const command = ownCommandLine();
  const scheduler = schedulerOf(resolved.launcher);
  await scheduler?.check(command);
  for (const text of [...engine.notes, ...(sweep?.notes ?? [])]) note(text);
  planRuns(rows, seeds, options.out);
  const checking: CheckRowsOptions = {
    dataDir: options.dataDir,
    signal: options.signal,
    workers,
    onRow: (...row) => callbacks.onPlan?.(...row),
    runsOf: (label) => (resume && !sweep ? seeds.map((seed) => runFolder(options.out, label, seed)) : []),
  };
  // A reference has one task by its nature, and the balancer of its rows.
  const planned = await checkRows(rows, { ...checking, onNote: note });
  const references = referenceRows(reference, planned.tasks);
  const all = [...rows, ...references];
  const plannedRows = [
    ...planned.rows,
    ...(references.length > 0 ? (await checkRows(references, checking)).rows : []),
  ];
  planRuns(all, seeds, options.out);
  const plans = new RunPlans(checking, resume);
  plans.know(all, plannedRows);
  const swept = sweptRows(resolved, references, planned, adjust);
  const book = new ProgressBook();
  const cores = physicalCores();
  const threads = rows[0]!.engine.threads ?? (engine.threads === 'one' ? 1 : null);
  const atOnce = (runs: number) => options.jobs ?? runsAtOnce(runs, cores, threads, workers);
  const train = (runs: readonly PlannedRun[], entries: readonly number[], signal: AbortSignal) => {
    const launcher = launcherOf(scheduler, atOnce(runs.length));
    return trainRuns(runs, launcher, { book, entries }, { ...options, command, signal });
  };
  let left = 0;
  const countLeft = (outcomes: readonly Outcome[]) => {
    left += outcomes.filter(({ kind }) => kind === 'left').length;
    return outcomes;
  };
  const trials = (signal: AbortSignal): TrialMaker => ({
    out: options.out,
    signal: options.signal,
    async check(runs) {
      for (const run of runs) await plans.of(run);
    },
    async train(runs) {
      await holdConfigs(options.out, runs, loaded);
      const updates: number[] = [];
      for (const run of runs) updates.push((await plans.of(run)).updates);
      return countLeft(await train(runs, book.add(updates), signal));
    },
  });
  if (sweep) await checkFirst(sweep.sweep, swept, trials(options.signal));
  await makeFolder(options.out);
  const lock = await lockFolder(options.out, { note, signal: options.signal });
  try {
    await removeFragments(options.out);
    const signal = AbortSignal.any([options.signal, lock.lost]);
    const isSwept = (row: number) => swept.some(({ index }) => index === row);
    const before = all.map(({ label }, row) =>
      isSwept(row) || isFollower(controls, row) ? null : slug(label),
    );
    await prepareComparison(options.out, planRuns(all, seeds, options.out, before), loaded, resume);
    const entries = book.add(seeds.flatMap(() => plannedRows.map(({ updates }) => updates)));
    const chosen = sweep && (await chooseSettings(sweep.sweep, swept, trials(signal)));
    const settledAlone = await settledRows(all, plannedRows, swept, chosen, plans);
    const final = withControls(settledAlone, controls);
    const runs = followRuns(planRuns(final.configs, seeds, options.out, final.folders), controls);
    const entryOf = ({ row, seed }: PlannedRun) =>
      entries[seeds.findIndex((other) => String(other) === seed) * all.length + row]!;
    for (const run of runs) book.expect(entryOf(run), final.planned[run.row]!.updates);
    const made = new Set(runs.map(entryOf));
    for (const entry of entries) if (!made.has(entry)) book.finish(entry);
    await holdConfigs(options.out, runs, loaded);
    const machine = {
      engine,
      cores,
      runsAtOnce: Math.min(scheduler?.options.arrayParallelism ?? atOnce(runs.length), runs.length),
      ...(scheduler && { scheduler: scheduler.name }),
    };
    const settled = { ...resolved, rows: final.configs.slice(0, rows.length) };
    const obtained = obtainedFrom(settled, planned, machine);
    const outcomes = await trainInOrder(runs, (wave) => train(wave, wave.map(entryOf), signal));
    countLeft(outcomes);
    await lock.check();
    const described = describeRows(settled.rows, final.configs.slice(rows.length), final.planned, controls);
    const records = (await gatherRows(described, runs, outcomes)).map((record, row) =>
      withoutFollowed(withoutChoice(record, chosen, isSwept(row), seeds), row, final, controls, seeds),
    );
    const definitions = Object.values(improvementDefinitions);
    const result = comparisonResult(records, obtained, definitions, chosen);
    const interrupted = options.signal.aborted;
    const isWhole = !interrupted && left === 0;
    return {
      records,
      result,
      report: isWhole ? await writeOutputs(options.out, records, result, runs) : null,
      failures: records.reduce((sum, record) => sum + record.failures.length, 0),
      interrupted,
      left,
    };
  } finally {
    await lock.release();
  }
}

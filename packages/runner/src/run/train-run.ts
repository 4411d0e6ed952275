import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  configSum,
  configText,
  differences,
  idleNotes,
  parseYaml,
  type RunConfig,
  recipeOf,
} from '@overparam/config';
import { useKernelChoices } from '@overparam/engine';
import { isOverparamError, OverparamError } from '@overparam/errors';
import { type Lock, writeFileAtomic } from '@overparam/files';
import type { FigureSpec, RunResult } from '@overparam/report';
import {
  appendLine,
  appendLines,
  type Checkpoint,
  type DataRecord,
  dataRecordOf,
  isRunFolder,
  lockFolder,
  missingFolders,
  newestCheckpoint,
  ownFileProblem,
  prepareFolder,
  type RunAbout,
  refuseOtherData,
  removeEmptyFolders,
  removeFragments,
  removeOld,
  restore,
  writeCheckpoint,
  writeDataRecord,
  writeLines,
  writeRunAbout,
} from '@overparam/run-folder';
import {
  readRunConfig,
  readRunResult,
  refuseEarlierForm,
  soundLayerRecords,
  soundTimings,
} from '@overparam/saved-runs';
import { beginEvents } from '@overparam/tensorboard';
import {
  beginTraining,
  disposeTrained,
  type EpochRecord,
  type EpochTiming,
  type LayerRecord,
  memoryNote,
  type OnLayer,
  type Progress,
  planTraining,
  type Trained,
  TrainingLoop,
  type TrainingPlan,
  type UpdateReport,
} from '@overparam/training';
import * as tf from '@tensorflow/tfjs';
import { packageVersion } from '../cli/version';
import type { Crew } from './crew';
import { openDataset } from './data';
import { figuresOf, finishRun } from './finish';
import { followingOf } from './follow';
import { checkLonger, epochsOf, reopen } from './longer';

/** What a run is before its first update. */
export interface RunStart {
  readonly updates: number;
  readonly updatesPerEpoch: number;
  readonly epochs: number;
  /** Updates that an earlier process did. */
  readonly done: number;
  readonly trainImages: number;
  readonly testImages: number;
  /** The tasks' figures, in the order of tables. */
  readonly metrics: readonly FigureSpec[];
  readonly parameters: { readonly expanded: number; readonly plain: number };
  /** How the data was obtained, in the dataset's own words. */
  readonly provenance: string;
}

/** Whom a run tells what it does; every one may be left out. */
export interface TrainCallbacks {
  /** Once, before the first update. */
  onStart?(start: RunStart): void;
  /** After each update. */
  onUpdate?(report: UpdateReport): void;
  /** The epoch's line of `metrics.jsonl`, after its checkpoint is written. */
  onEpoch?(line: EpochRecord): void | Promise<void>;
  /** While data are read: bytes or examples done of all, and what is going on. */
  onData?(done: number, total: number, what: string): void;
  /** While the network is expanded: layers done of all, and the last one's name. */
  onLayer?(done: number, total: number, layer: string): void;
  /** What a user should know: notes of the routine, warnings of methods, damaged checkpoints. */
  onNote?(text: string): void;
}

/** Where and how a run is trained. */
export interface TrainRunOptions {
  /** The run folder. */
  readonly out: string;
  /** Folder of all datasets. */
  readonly dataDir: string;
  /** Folder that plugin paths of the config start from; the working directory where absent. */
  readonly configFolder?: string;
  /** Goes on with a run that the folder holds; does nothing where it is finished, unless the config has more epochs. */
  readonly resume?: boolean;
  readonly callbacks?: TrainCallbacks;
  /** Whether event files for TensorBoard are written, into the folder's `tensorboard`. */
  readonly tensorboard?: boolean;
  /** Stops the run after the update in progress; its state is saved. */
  readonly signal?: AbortSignal;
  /** Milliseconds that another process at work in the folder is waited for; none where left out. */
  readonly patience?: number;
  /**
   * The workers of which this process is the first, which the command line makes; null or left out where it trains by itself.
   *
   * @internal
   */
  readonly crew?: Crew | null;
}

/** Refuses a folder whose contents are not this run's to write over. */
async function checkFolder(folder: string, shown: string, resume: boolean): Promise<void> {
  if (await prepareFolder(folder)) return;
  if (!isRunFolder(folder)) {
    throw new OverparamError(
      'output-exists',
      `The output folder "${shown}" is not empty and holds no run. Choose another --out.`,
    );
  }
  if (!resume) {
    throw new OverparamError(
      'output-exists',
      `The output folder "${shown}" holds another run. Go on with it by --resume, or choose another --out.`,
    );
  }
}

/**
 * Refuses to go on with a run under another config, unless that trains longer.
 *
 * @returns how many epochs the run was planned for
 */
async function checkConfig(text: string, folder: string, shown: string): Promise<number> {
  const saved = await readRunConfig(folder);
  const given = parseYaml(text, 'config.yaml') as RunConfig;
  const paths = differences(saved, given);
  if (paths.length === 0) return saved.epochs;
  if (paths.join() === 'epochs' && given.epochs > saved.epochs) return saved.epochs;
  throw new OverparamError(
    'run-differs',
    `The run in "${shown}" was started with another config; it differs in ${paths.join(', ')}. ` +
      `Resume it with its own (overparam train ${shown}/config.yaml), or choose another --out.`,
  );
}

/**
 * Refuses to go on where the run's own config was changed after its checkpoint was written, but for more epochs of which the
 * run so far is a part.
 */
function refuseOtherConfig(shown: string, checkpoint: Checkpoint, text: string, plan: TrainingPlan): void {
  const { config, progress } = checkpoint;
  if (config === null || config === configSum(text)) return;
  const epochs = epochsOf(config, text);
  if (epochs !== null) {
    const planned = planTraining({ ...plan.recipe, epochs }, plan.dataset);
    checkLonger(shown, planned, plan, progress.update);
    return;
  }
  throw new OverparamError(
    'run-differs',
    `The config.yaml of the run in "${shown}" is not the one that its checkpoint was trained with: it was changed or damaged. ` +
      'Take another copy of it, or choose another --out.',
  );
}

/** Tells of the run before its first update. */
function announce(plan: TrainingPlan, progress: Progress, callbacks: TrainCallbacks): void {
  const { updates, batches, recipe, sizes, parameters, dataset, notes } = plan;
  for (const note of notes) callbacks.onNote?.(note);
  callbacks.onStart?.({
    updates,
    updatesPerEpoch: batches.perEpoch,
    epochs: recipe.epochs,
    done: progress.update,
    trainImages: sizes.train,
    testImages: sizes.test,
    metrics: figuresOf(plan),
    parameters,
    provenance: dataset.provenance,
  });
}

/** What those who watch the run are told of it. */
function aboutOf(plan: TrainingPlan): RunAbout {
  const { updates, recipe, sizes, parameters, dataset } = plan;
  return {
    updates,
    epochs: recipe.epochs,
    trainImages: sizes.train,
    testImages: sizes.test,
    metrics: figuresOf(plan),
    classNames: Object.fromEntries(
      dataset.tasks.flatMap(({ name, classes }) => (classes ? [[name, classes]] : [])),
    ),
    parameters,
    provenance: dataset.provenance,
    versions: { overparam: packageVersion(), 'TensorFlow.js': tf.version_core, Node: process.versions.node },
  };
}

/** Sets the logs back to what a checkpoint knows of, so that going on writes what never stopping would have. */
async function rewindLogs(folder: string, progress: Progress): Promise<void> {
  await writeLines(join(folder, 'metrics.jsonl'), progress.history);
  await writeLines(join(folder, 'timings.jsonl'), await soundTimings(folder, progress.history.length));
  const layers = await soundLayerRecords(folder, progress.update);
  if (layers.length > 0 || existsSync(join(folder, 'layers.jsonl')))
    await writeLines(join(folder, 'layers.jsonl'), layers);
}

/** Tells of work once that has taken longer than one waits without a word. */
function ofLong(tell: TrainCallbacks['onData']): TrainCallbacks['onData'] {
  const end = performance.now() + 2000;
  return (...work) => {
    if (performance.now() > end) tell?.(...work);
  };
}

function recordOf(plan: TrainingPlan, callbacks: TrainCallbacks, signal?: AbortSignal): Promise<DataRecord> {
  return dataRecordOf(plan.dataset, plan.sizes, { progress: ofLong(callbacks.onData), signal });
}

/** What to know of a run that goes on with more or fewer workers; null for nothing. */
function otherWorkers(before: number | undefined, now: number): string | null {
  if (before === undefined || before === now) return null;
  const trained = (count: number) => (count === 1 ? 'one process' : `${count} workers`);
  return `Until now ${trained(before)} trained this run, and from here on ${trained(now)}: sums over a batch are made in another order, so its bits are not those of a run that keeps to either.`;
}

/** Trains a run from its beginning or a checkpoint to its end; what it writes, it writes under the folder's lock. */
async function trainPlan(
  config: RunConfig,
  plan: TrainingPlan,
  folder: string,
  lock: Lock,
  options: Pick<TrainRunOptions, 'out' | 'callbacks' | 'signal' | 'tensorboard' | 'crew'> & {
    readonly configText: string;
  },
  known: DataRecord | null,
): Promise<RunResult> {
  const { out, callbacks = {}, crew = null } = options;
  const workers = crew?.team.count ?? 1;
  const signal = options.signal ? AbortSignal.any([options.signal, lock.lost]) : lock.lost;
  const data = known ?? (await recordOf(plan, callbacks, signal));
  const kept = { keep: config.checkpoints.keep, data, config: configSum(options.configText), workers };
  const checkpoint = await newestCheckpoint(folder, (text) => callbacks.onNote?.(text));
  if (checkpoint) {
    refuseOtherConfig(out, checkpoint, options.configText, plan);
    refuseOtherData(out, checkpoint.data, data);
  }
  await writeDataRecord(folder, data);
  useKernelChoices(checkpoint?.kernels ?? {});
  const state = beginTraining(plan, checkpoint?.progress ?? null, callbacks.onLayer);
  if (checkpoint) restore(state.trained, checkpoint);
  await crew?.takeUp({ progress: checkpoint?.progress ?? null, kernels: checkpoint?.kernels ?? {} });
  await crew?.give(state.trained);
  await removeOld(folder, state.progress, kept.keep);
  await rewindLogs(folder, state.progress);
  await writeRunAbout(folder, aboutOf(plan));
  const events = options.tensorboard
    ? await beginEvents(
        join(folder, 'tensorboard'),
        state.progress.history,
        await soundTimings(folder, state.progress.history.length),
      )
    : null;
  announce(plan, state.progress, callbacks);
  const other = otherWorkers(checkpoint?.workers, workers);
  if (other !== null) callbacks.onNote?.(other);
  const memory = memoryNote(plan, state.trained);
  if (memory !== null) callbacks.onNote?.(memory);
  // On disk before the checkpoint after them, so that a later process finds all that comes before it.
  const layers: LayerRecord[] = [];
  const writeLayers = () => appendLines(join(folder, 'layers.jsonl'), layers.splice(0));
  const listeners = {
    onLayers: (record: LayerRecord) => void layers.push(record),
    onUpdate: (report: UpdateReport) => callbacks.onUpdate?.(report),
    onLayer: (...layer: Parameters<OnLayer>) => callbacks.onLayer?.(...layer),
    onEpoch: async (position: Progress, trained: Trained, timing: EpochTiming) => {
      const record = position.history.at(-1)!;
      await lock.check();
      await crew?.compare(trained);
      // What the checkpoint does not hold comes before it, for a later process to find; the rest is written from it then.
      await appendLine(join(folder, 'timings.jsonl'), timing);
      await writeLayers();
      await writeCheckpoint(folder, position, trained, kept);
      await appendLine(join(folder, 'metrics.jsonl'), record);
      await events?.add(record, timing);
      await callbacks.onEpoch?.(record);
    },
    onStop: async (position: Progress, trained: Trained) => {
      await lock.check();
      await crew?.compare(trained);
      await writeLayers();
      await writeCheckpoint(folder, position, trained, kept);
    },
  };
  const loop = new TrainingLoop(plan, state, listeners, signal);
  const interruption = () =>
    new OverparamError(
      'interrupted',
      `Stopped after ${loop.progress.update} of ${plan.updates} updates. The state is saved; --resume goes on from here.`,
    );
  try {
    await loop.run().catch((error: unknown) => {
      throw isOverparamError(error) && error.code === 'interrupted' ? interruption() : error;
    });
    await lock.check();
    await writeLayers();
    const ending = async () => {
      await loop.takeAverage();
      return finishRun(folder, config, plan, loop.trained, loop.progress, signal);
    };
    return await ending().catch((error: unknown) => {
      lock.lost.throwIfAborted();
      // The last epoch's checkpoint is written; only the ending has to be done again.
      throw signal.aborted && !isOverparamError(error) ? interruption() : error;
    });
  } finally {
    loop.dispose();
    disposeTrained(loop.trained);
  }
}

/**
 * Trains one completed config into a run folder, from its beginning or from where it stopped, then collapses,
 * verifies and evaluates. The engine that the config names must be in use (`resolveConfig` sees to it).
 *
 * One seed gives the same `metrics.jsonl` byte for byte, interrupted or not, on one engine with one number of
 * threads. Tensors that it makes are disposed.
 *
 * @throws OverparamError `output-exists`, `run-differs`, `data-differs`, `run-outdated`, `run-locked`, `lock-lost`, `batch-too-large`, `non-finite`,
 *   `collapse-mismatch`, `workers-differ`, `workers-diverged`, `worker-lost`, `interrupted`, `disk-full`, `read-only`, `no-permission`, `not-a-folder`, and what plugins throw
 */
export async function trainRun(config: RunConfig, options: TrainRunOptions): Promise<RunResult> {
  const made = missingFolders(options.out);
  try {
    return await trainInFolder(config, options);
  } catch (error) {
    // What could not begin, such as a network that cannot be built, leaves no empty folder behind.
    await removeEmptyFolders(made);
    throw ownFileProblem(error, options.out, 'What was trained before is saved; --resume goes on with it.');
  }
}

async function trainInFolder(config: RunConfig, options: TrainRunOptions): Promise<RunResult> {
  const {
    out,
    dataDir,
    resume = false,
    callbacks = {},
    signal,
    patience,
    tensorboard,
    crew = null,
  } = options;
  if (signal?.aborted) {
    throw new OverparamError('interrupted', 'Stopped before the run began; nothing was written.');
  }
  const folder = resolve(out);
  await checkFolder(folder, out, resume);
  const text = configText(config, resolve(options.configFolder ?? '.'), folder);
  const planned = isRunFolder(folder) ? await checkConfig(text, folder, out) : config.epochs;
  const lock = await lockFolder(folder, { note: callbacks.onNote, signal, patience });
  try {
    await removeFragments(folder);
    const result = await readRunResult(folder);
    await refuseEarlierForm(folder);
    const isLonger = planned < config.epochs;
    if (result && !isLonger) {
      callbacks.onNote?.(`The run in "${out}" is finished; nothing is left to do.`);
      return result;
    }
    const dataset = await openDataset(config, dataDir, signal, callbacks.onData, callbacks.onNote);
    try {
      // Planned before the config is written: a run that cannot begin leaves no run behind.
      const following = await followingOf(config, resolve(options.configFolder ?? '.'));
      const recipe = { ...recipeOf(config), following };
      const team = crew?.team ?? null;
      const plan = planTraining(recipe, dataset, team);
      if (isLonger)
        await reopen(folder, out, planTraining({ ...recipe, epochs: planned }, dataset, team), plan);
      for (const note of idleNotes(config, plan.tasks.length)) callbacks.onNote?.(note);
      const data = crew && (await recordOf(plan, callbacks, signal));
      if (data) await crew.agree(data, options.configFolder ?? '.');
      await writeFileAtomic(join(folder, 'config.yaml'), text);
      return await trainPlan(
        config,
        plan,
        folder,
        lock,
        { out, callbacks, signal, tensorboard, crew, configText: text },
        data,
      );
    } finally {
      await dataset.close();
    }
  } finally {
    await lock.release();
  }
}

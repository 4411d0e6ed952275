import { existsSync } from 'node:fs';
import { appendFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { isOverparamError, OverparamError } from '@overparam/errors';
import { acquireLock, holderText, type Lock, writeFileAtomic } from '@overparam/files';
import type { MetricDetails, MetricSpec } from '@overparam/plugin';
import { parse } from 'yaml';
import type { RunConfig } from '../config/schema';

export { writeFileAtomic as writeAtomically };

/** One line of `metrics.jsonl`: the state of a run after an epoch. Holds no times and no paths. */
export interface MetricsLine {
  /** 1 for the first. */
  readonly epoch: number;
  /** Updates done. */
  readonly update: number;
  readonly stage: string;
  /** Updates of this epoch by phase. */
  readonly phases: Readonly<Record<string, number>>;
  /** Rate of the epoch's last update. */
  readonly learningRate: number;
  /** Mean over the epoch's updates, without the weight penalty. */
  readonly trainLoss: number;
  /** Mean over the test split. */
  readonly testLoss: number;
  /** With several tasks: mean training losses and weights by task, cosines of gradients by `first/second`. */
  readonly trainLosses?: Readonly<Record<string, number>>;
  readonly weights?: Readonly<Record<string, number>>;
  readonly cosines?: Readonly<Record<string, number>>;
  /** Figures on the split `val`, where there is one. */
  readonly val?: Scores;
  /** What lies behind the test figures, by task: confusion matrix, figures by class. */
  readonly details?: Readonly<Record<string, MetricDetails>>;
  /** Test metrics by name (`top1Error` in percent); `task/name` where there are several tasks. */
  readonly [metric: string]: unknown;
}

/** One line of `timings.jsonl`. */
export interface TimingLine {
  readonly epoch: number;
  /** Of the whole epoch; where the run was interrupted in it, scaled up from the part after that. */
  readonly trainSeconds: number;
  readonly testSeconds: number;
}

/** Figures of one network on the test split: `loss` and the tasks' metrics by name. */
export type Scores = Readonly<Record<string, number>>;

/** Test figures of a run by the ways in which published tables choose epochs. */
export interface Choices {
  /** Of the collapsed network. */
  readonly last: Scores;
  /** Means over the last ten epochs, or over all where there are fewer. */
  readonly meanOfLast: { readonly epochs: number; readonly scores: Scores };
  /**
   * Of the epoch that is best on `val`: whose losses there, each relative to that after the first epoch, have the
   * lowest mean. Null without a split `val`.
   */
  readonly best: { readonly epoch: number; readonly scores: Scores } | null;
}

/** `result.json`: what a finished run came to. Holds no times and no paths. */
export interface RunResult {
  readonly label: string;
  readonly method: string;
  readonly routine: string;
  readonly seed: number | string;
  readonly epochs: number;
  /** Gradient evaluations. */
  readonly updates: number;
  /** The tasks' figures, in the order of tables; `figure` is their name among scores. */
  readonly metrics: readonly (MetricSpec & { readonly task: string; readonly figure: string })[];
  /** Test error of the collapsed network in percent; null where no task is a classification. */
  readonly top1Error: number | null;
  /** The network as it was trained. */
  readonly final: Scores;
  readonly collapsed: Scores;
  readonly choices: Choices;
  /** max|difference| / max|reference| of the two networks' outputs, worst of the model and its layers. */
  readonly collapseGap: number;
  readonly collapseTolerance: number;
  /** The gap of each expanded layer; none where the run ended in the plain or the collapsed stage. */
  readonly layers: readonly { readonly layer: string; readonly method: string; readonly gap: number }[];
  /** Where each stage began, in updates; the first entry is at 0. */
  readonly stages: readonly { readonly stage: string; readonly from: number }[];
  readonly trainParameters: number;
  /** Of all networks that are deployed. */
  readonly deployParameters: number;
  /** For one image, of all networks that are deployed. */
  readonly deployMultiplyAdds: number;
  /** 1, or one a task for methods that give each a trunk of its own. */
  readonly deployNetworks: number;
}

/** What a run folder holds, read. */
export interface RunRecord {
  readonly config: RunConfig;
  readonly metrics: readonly MetricsLine[];
  readonly timings: readonly TimingLine[];
  /** Null while the run is not finished. */
  readonly result: RunResult | null;
}

/** Adds one line of JSON to a file. */
export async function appendLine(file: string, line: object): Promise<void> {
  await appendFile(file, `${JSON.stringify(line)}\n`);
}

/** Lines of a `.jsonl` file; none where there is no file. A last line that was cut off is left out. */
export async function readLines<Line>(file: string): Promise<Line[]> {
  if (!existsSync(file)) return [];
  const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Line);
}

/** Replaces a `.jsonl` file as a whole. */
export async function writeLines(file: string, lines: readonly object[]): Promise<void> {
  await writeFileAtomic(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

/** Whether a folder holds a run. */
export function isRunFolder(folder: string): boolean {
  return existsSync(join(folder, 'config.yaml'));
}

/** Makes the folder; true when it holds nothing yet. */
export async function prepareFolder(folder: string): Promise<boolean> {
  await mkdir(folder, { recursive: true });
  return (await readdir(folder)).every((name) => name.startsWith('.') || name === 'lock');
}

/** How {@link lockFolder} waits, where it takes time to see whether a process of another machine or container lives. */
export interface LockFolderOptions {
  /** Told what is waited for. */
  readonly note?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Takes the lock of the folder of a run or a comparison; one that a dead process left behind does not count.
 *
 * @param folder  must exist
 * @throws OverparamError `run-locked` while another process works in the folder, `interrupted` by the signal
 */
export async function lockFolder(folder: string, { note, signal }: LockFolderOptions = {}): Promise<Lock> {
  const name = basename(folder);
  const path = join(folder, 'lock');
  try {
    return await acquireLock(path, {
      signal,
      waiting({ holder, silence }) {
        const whose = holder
          ? `is that of ${holderText(holder)}, which cannot be seen from here`
          : 'is damaged';
        note?.(
          `The lock of the folder "${name}" ${whose}. If it shows no sign of life for ${Math.round(silence! / 1000)} s, it is ` +
            `taken over. If you know that nobody is at work there, remove ${path}.`,
        );
      },
      held: (holder) =>
        new OverparamError(
          'run-locked',
          `The folder "${name}" is in use by ${holderText(holder)}. Wait for it, or choose another --out.`,
        ),
    });
  } catch (error) {
    if (!signal?.aborted || isOverparamError(error)) throw error;
    throw new OverparamError(
      'interrupted',
      `Stopped while waiting for the folder "${name}"; nothing was done.`,
    );
  }
}

/**
 * Reads a run folder.
 *
 * @throws OverparamError `run-missing` where the folder holds no run
 */
export async function readRun(folder: string): Promise<RunRecord> {
  const file = (name: string) => join(resolve(folder), name);
  if (!isRunFolder(folder)) {
    throw new OverparamError(
      'run-missing',
      `"${folder}" is not a run folder: it has no config.yaml. Give the folder that "overparam train --out" wrote.`,
    );
  }
  const result = existsSync(file('result.json'))
    ? (JSON.parse(await readFile(file('result.json'), 'utf8')) as RunResult)
    : null;
  return {
    config: parse(await readFile(file('config.yaml'), 'utf8')) as RunConfig,
    metrics: await readLines<MetricsLine>(file('metrics.jsonl')),
    timings: await readLines<TimingLine>(file('timings.jsonl')),
    result,
  };
}

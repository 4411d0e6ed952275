import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { RunConfig } from '@overparam/config';
import {
  byFigure,
  type ChoosingCost,
  figureIn,
  type headlines,
  scoreIn,
  type TriedSetting,
} from '@overparam/report';
import { readRunRecord, slug } from '@overparam/saved-runs';
import { type Setting, settingText, type Trial, type Tried } from '@overparam/sweep';
import type { Scores } from '@overparam/training';
import type { PlannedRun } from './plan';
import type { Outcome } from './pool';
import { shownScores } from './train-runs';

type Figures = ReturnType<typeof headlines>;

/** `lr-0-1-5c9d1f02`: a setting as a part of a folder's name; another one for every other setting. */
export function settingSlug(setting: Setting): string {
  const sum = createHash('sha256').update(JSON.stringify(setting)).digest('hex').slice(0, 8);
  return `${slug(settingText(setting))}-${sum}`;
}

/**
 * The runs of a setting that is tried, one a seed.
 *
 * @param row     index of the row
 * @param label   of the row
 * @param config  of the row with the setting
 * @param out     the comparison's folder
 */
export function trialRuns(
  row: number,
  label: string,
  config: RunConfig,
  { setting, epochs }: Trial,
  seeds: readonly (number | string)[],
  out: string,
): PlannedRun[] {
  const length = epochs === null ? '' : `-epochs${epochs}`;
  return seeds.map((seed) => {
    const name = `${settingSlug(setting)}${length}-seed${seed}`;
    return {
      row,
      seed: String(seed),
      label: config.label,
      config: { ...config, seed },
      folder: join(out, 'choosing', slug(label), name),
      configFile: join(out, 'configs', 'choosing', slug(label), `${name}.yaml`),
    };
  });
}

/** What a setting came to, and what it cost. */
export interface TrialResult {
  readonly tried: Tried;
  readonly shown: TriedSetting;
  readonly cost: ChoosingCost;
}

interface RunSummary {
  readonly scores: Scores | null;
  readonly failure: string | null;
  readonly cost: ChoosingCost;
}

async function summaryOf(run: PlannedRun, outcome: Outcome): Promise<RunSummary> {
  const failure = outcome.kind === 'failed' ? outcome.message : null;
  try {
    const { result, metrics, timings } = await readRunRecord(run.folder);
    return {
      scores: result && shownScores(result, run.config.evaluation),
      failure: failure ?? (result === null ? 'The run ended without a result.' : null),
      cost: {
        runs: 1,
        updates: result?.updates ?? metrics.at(-1)?.update ?? 0,
        seconds: timings.reduce((sum, { trainSeconds, testSeconds }) => sum + trainSeconds + testSeconds, 0),
      },
    };
  } catch (error) {
    return {
      scores: null,
      failure: failure ?? (error as Error).message,
      cost: { runs: 1, updates: 0, seconds: 0 },
    };
  }
}

/**
 * Reads what the runs of a setting left: means of the headline figures over the seeds, or the first reason for which one of
 * them failed.
 *
 * @param figures  headlines of the row's tasks
 */
export async function trialResult(
  trial: Trial,
  runs: readonly PlannedRun[],
  outcomes: readonly Outcome[],
  figures: Figures,
): Promise<TrialResult> {
  const summaries = await Promise.all(runs.map((run, at) => summaryOf(run, outcomes[at]!)));
  const means = byFigure(figures, (figure) => {
    const values = summaries.map(({ scores }) => scores && scoreIn(scores, figure));
    const counted = values.filter((value) => value !== null);
    return counted.length < values.length
      ? null
      : counted.reduce((sum, value) => sum + value, 0) / counted.length;
  });
  const list = figures.flatMap((figure) => figureIn(means, figure) ?? []);
  const failure =
    summaries.find((one) => one.failure !== null)?.failure ??
    (list.length < figures.length ? 'A figure that the setting is judged by was not counted.' : null);
  const sum = (of: keyof ChoosingCost) => summaries.reduce((total, { cost }) => total + cost[of], 0);
  return {
    tried: { ...trial, figures: failure === null ? list : null, failure },
    shown: {
      setting: trial.setting,
      epochs: runs[0]!.config.epochs,
      rung: trial.rung,
      figures: failure === null ? means : null,
      failure,
    },
    cost: { runs: sum('runs'), updates: sum('updates'), seconds: sum('seconds') },
  };
}

/** A setting that a row cannot have, such as one that a grid grew to. */
export function refusedTrial(trial: Trial, epochs: number, error: Error): TrialResult {
  const failure = error.message;
  return {
    tried: { ...trial, figures: null, failure },
    shown: {
      setting: trial.setting,
      epochs: trial.epochs ?? epochs,
      rung: trial.rung,
      figures: null,
      failure,
    },
    cost: { runs: 0, updates: 0, seconds: 0 },
  };
}

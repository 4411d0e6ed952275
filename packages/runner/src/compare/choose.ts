import type { RunConfig } from '@overparam/config';
import { isOverparamError } from '@overparam/errors';
import type { Outcome } from '@overparam/launchers';
import { byFigure, type Chosen, type ChosenRow, type FigureSpec, headlines } from '@overparam/report';
import {
  choose,
  nextTrials,
  type Over,
  type Setting,
  type Sweep,
  type SweptRow as Swept,
  settingText,
  type Trial,
} from '@overparam/sweep';
import type { PlannedRun } from './plan';
import { refusedTrial, type TrialResult, trialResult, trialRuns } from './trials';

/** A row whose settings are chosen. */
export interface SweptRow {
  /** Its index in the comparison, the references counted after the rows. */
  readonly index: number;
  readonly config: RunConfig;
  /** What is tried on it. */
  readonly over: Over;
  /** Of the row's tasks. */
  readonly metrics: readonly FigureSpec[];
  /** The row with a setting. */
  configWith(setting: Setting): Promise<RunConfig>;
}

/** Makes the runs of settings. */
export interface TrialMaker {
  /** The comparison's folder. */
  readonly out: string;
  /** Sees to it that runs can begin; what it throws of the first settings ends the comparison. */
  check(runs: readonly PlannedRun[]): Promise<void>;
  /** Trains runs to their ends. */
  train(runs: readonly PlannedRun[]): Promise<readonly Outcome[]>;
  readonly signal: AbortSignal;
}

/** A trial of a row with its runs; a setting that the row cannot have has none. */
interface Prepared {
  readonly row: SweptRow;
  readonly trial: Trial;
  readonly runs: readonly PlannedRun[];
  readonly refusal: Error | null;
}

async function prepare(
  row: SweptRow,
  trial: Trial,
  sweep: Sweep,
  maker: TrialMaker,
  first: boolean,
): Promise<Prepared> {
  try {
    const { label } = row.config;
    const config: RunConfig = {
      ...(await row.configWith(trial.setting)),
      label: `${label}, ${settingText(trial.setting)}`,
      ...(trial.epochs !== null && { epochs: trial.epochs }),
      validation: sweep.validation,
    };
    const runs = trialRuns(row.index, label, config, trial, sweep.seeds, maker.out);
    await maker.check(runs.slice(0, 1));
    return { row, trial, runs, refusal: null };
  } catch (error) {
    if (first || !isOverparamError(error) || maker.signal.aborted) throw error;
    return { row, trial, runs: [], refusal: error };
  }
}

function sweptAs({ over, config, metrics }: SweptRow): Swept {
  const directions = headlines(metrics).map(({ direction }) => direction);
  return { over, epochs: config.epochs, directions };
}

/**
 * Sees to it that the settings which are tried first can be, before anything is written.
 *
 * @throws OverparamError
 */
export async function checkFirst(sweep: Sweep, rows: readonly SweptRow[], maker: TrialMaker): Promise<void> {
  for (const row of rows) {
    for (const trial of nextTrials(sweep, sweptAs(row), [])) await prepare(row, trial, sweep, maker, true);
  }
}

/**
 * Tries settings on every row until each has its choice. What is tried next follows from what was tried alone, so that a
 * comparison which was stopped goes on as if it never had been.
 *
 * @returns  null where it was stopped
 * @throws OverparamError where a setting that the sweep lists is not one that a row can have
 */
export async function chooseSettings(
  sweep: Sweep,
  rows: readonly SweptRow[],
  maker: TrialMaker,
): Promise<Chosen | null> {
  const results = new Map<SweptRow, TrialResult[]>(rows.map((row) => [row, []]));
  for (let round = 0; ; round++) {
    const prepared: Prepared[] = [];
    for (const row of rows) {
      const tried = results.get(row)!.map((result) => result.tried);
      for (const trial of nextTrials(sweep, sweptAs(row), tried)) {
        prepared.push(await prepare(row, trial, sweep, maker, round === 0));
      }
    }
    if (prepared.length === 0) break;
    const outcomes = await maker.train(prepared.flatMap(({ runs }) => runs));
    if (maker.signal.aborted || outcomes.some(({ kind }) => kind === 'stopped' || kind === 'left'))
      return null;
    let next = 0;
    for (const { row, trial, runs, refusal } of prepared) {
      const own = outcomes.slice(next, next + runs.length);
      next += runs.length;
      results
        .get(row)!
        .push(
          refusal
            ? refusedTrial(trial, row.config.epochs, refusal)
            : await trialResult(trial, runs, own, headlines(row.metrics)),
        );
    }
  }
  return {
    rows: rows.map((row) => chosenRow(sweep, row, sweptAs(row), results.get(row)!)),
    strategy: sweep.strategy.name,
    seeds: sweep.seeds.map(String),
    validation: { share: sweep.validation.share, seed: String(sweep.validation.seed) },
  };
}

function chosenRow(
  sweep: Sweep,
  { config, metrics }: SweptRow,
  swept: Swept,
  results: readonly TrialResult[],
): ChosenRow {
  const { setting, figures, grown, edges } = choose(
    sweep,
    swept,
    results.map(({ tried }) => tried),
  );
  const shown = headlines(metrics);
  const sum = (of: keyof TrialResult['cost']) => results.reduce((total, { cost }) => total + cost[of], 0);
  return {
    label: config.label,
    setting,
    figures: figures && byFigure(shown, (figure) => figures[shown.indexOf(figure)]!),
    tried: results.map((result) => result.shown),
    grown,
    edges,
    cost: { runs: sum('runs'), updates: sum('updates'), seconds: sum('seconds') },
  };
}

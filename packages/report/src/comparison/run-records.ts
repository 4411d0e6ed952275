import type { MetricSpec, Stage } from '@overparam/plugin';
import type { Choices, EpochRecord, EpochTiming, Scores } from '@overparam/training';

/** One figure of one task, and whose it is. */
export interface FigureSpec extends MetricSpec {
  readonly task: string;
}

/** `result.json`: what a finished run came to. Holds no times and no paths. */
export interface RunResult {
  readonly label: string;
  readonly method: string;
  readonly routine: string;
  readonly seed: number | string;
  readonly epochs: number;
  readonly batch: number;
  /** Gradient evaluations. */
  readonly updates: number;
  /** The tasks' figures, in the order of tables; the first of a task is its headline. */
  readonly metrics: readonly FigureSpec[];
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
  readonly stages: readonly { readonly stage: Stage; readonly from: number }[];
  readonly trainParameters: number;
  /** Of all networks that are deployed. */
  readonly deployParameters: number;
  /** For one image, of all networks that are deployed. */
  readonly deployMultiplyAdds: number;
  /** 1, or one a task for methods that give each a trunk of its own. */
  readonly deployNetworks: number;
}

/** What a finished or unfinished run left, read. */
export interface RunRecord {
  readonly metrics: readonly EpochRecord[];
  readonly timings: readonly EpochTiming[];
  /** Null while the run is not finished. */
  readonly result: RunResult | null;
}

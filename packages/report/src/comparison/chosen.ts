import type { Figure } from '@overparam/training';
import type { ByFigure } from './figures';

/** A setting that was tried on a row. */
export interface TriedSetting {
  /** Values by the path of their key. */
  readonly setting: Readonly<Record<string, unknown>>;
  /** That its runs trained for. */
  readonly epochs: number;
  /** Which time runs got longer; 0 where they do not. */
  readonly rung: number;
  /** Headline figures on the validation images, means over the seeds; null where a run failed. */
  readonly figures: ByFigure<Figure> | null;
  readonly failure: string | null;
}

/** What choosing cost. */
export interface ChoosingCost {
  readonly runs: number;
  /** Gradient evaluations; of runs that failed, those of whole epochs. */
  readonly updates: number;
  /** Clock time of training and evaluating, as if one run had followed the other. */
  readonly seconds: number;
}

/** What was chosen for a row before its runs, and by what. */
export interface ChosenRow {
  readonly label: string;
  /** Values by the path of their key; null where every setting failed. */
  readonly setting: Readonly<Record<string, unknown>> | null;
  /** Headline figures of that setting on the validation images; null where every setting failed. */
  readonly figures: ByFigure<Figure> | null;
  /** All that was tried, in the order in which it was. */
  readonly tried: readonly TriedSetting[];
  /** Keys that a grid grew by, with the values that they gained. */
  readonly grown: readonly { readonly key: string; readonly added: readonly unknown[] }[];
  /** Keys in which the setting lies on the edge of all that was tried. */
  readonly edges: readonly { readonly key: string; readonly side: 'low' | 'high' }[];
  readonly cost: ChoosingCost;
}

/** How settings were chosen, row by row. */
export interface Chosen {
  /** Rows that had something to choose, the single-task references last. */
  readonly rows: readonly ChosenRow[];
  readonly strategy: string;
  /** That settings were tried with; none of them trains what was chosen. */
  readonly seeds: readonly string[];
  /** The part of the training images that settings were judged by. */
  readonly validation: { readonly share: number; readonly seed: string };
}

/** What choosing cost for all rows together. */
export function totalCost({ rows }: Chosen): ChoosingCost {
  const sum = (of: keyof ChoosingCost) => rows.reduce((total, { cost }) => total + cost[of], 0);
  return { runs: sum('runs'), updates: sum('updates'), seconds: sum('seconds') };
}

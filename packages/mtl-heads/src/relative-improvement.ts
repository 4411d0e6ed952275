/** One figure of a network, beside the same figure of the reference: single-task networks, as a rule. */
export interface ComparedFigure {
  readonly task: string;
  readonly direction: 'higher' | 'lower';
  /** Null where it was not counted, as in logs, whose JSON has no NaN. */
  readonly value: number | null;
  readonly reference: number | null;
}

/** A published way to sum up a row of figures in one number. */
export interface ImprovementDefinition {
  readonly name: string;
  /** The direction in which networks get better. */
  readonly direction: 'higher' | 'lower';
  readonly formula: string;
  /** Who reports it. */
  readonly usedBy: string;
  /** In percent; not finite where a reference is 0 or a figure is missing. */
  compute(figures: readonly ComparedFigure[]): number;
}

/** Change relative to the reference, positive where better; NaN where one is missing, which arithmetic would take for 0. */
const gain = ({ direction, value, reference }: ComparedFigure): number =>
  value === null || reference === null
    ? Number.NaN
    : ((direction === 'higher' ? 1 : -1) * (value - reference)) / reference;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The figures of each task, in the order in which tasks first occur. */
function byTask(figures: readonly ComparedFigure[]): readonly (readonly ComparedFigure[])[] {
  const tasks = [...new Set(figures.map(({ task }) => task))];
  return tasks.map((name) => figures.filter(({ task }) => task === name));
}

/**
 * Mean over tasks of the mean relative gain over a task's figures.
 *
 * 1/T sum_t 1/n_t sum_k s_tk (M_tk - B_tk) / B_tk, with s = 1 where higher is better and -1 where lower is
 */
export const deltaTask: ImprovementDefinition = {
  name: 'deltaTask',
  direction: 'higher',
  formula: 'mean over tasks of the mean relative gain over their figures',
  usedBy: 'LibMTL, DB-MTL, Rep-MTL (Δp)',
  compute: (figures) => 100 * mean(byTask(figures).map((own) => mean(own.map(gain)))),
};

/** Mean relative gain over all figures alike. */
export const deltaMetric: ImprovementDefinition = {
  name: 'deltaMetric',
  direction: 'higher',
  formula: 'mean relative gain over all figures',
  usedBy: 'Rep-MTL (Δp_metric)',
  compute: (figures) => 100 * mean(figures.map(gain)),
};

/** Mean relative loss over all figures alike: the negative of {@link deltaMetric}. */
export const deltaM: ImprovementDefinition = {
  name: 'deltaM',
  direction: 'lower',
  formula: 'mean relative loss over all figures',
  usedBy: 'CAGrad, Nash-MTL, FAMO, FairGrad (Δm)',
  compute: (figures) => -100 * mean(figures.map(gain)),
};

/** Mean over tasks of the relative gain in the first figure: mIoU, absolute error and mean angle on NYUv2. */
export const deltaHeadline: ImprovementDefinition = {
  name: 'deltaHeadline',
  direction: 'higher',
  formula: "mean over tasks of the relative gain in each task's first figure",
  usedBy: "auto-lambda, Vandenhende's survey (Δ_MTL)",
  compute: (figures) => 100 * mean(byTask(figures).map((own) => gain(own[0]!))),
};

/** All definitions, by name. Two of them have opposite signs: see `direction`. */
export const improvementDefinitions: Readonly<Record<string, ImprovementDefinition>> = {
  deltaTask,
  deltaMetric,
  deltaM,
  deltaHeadline,
};

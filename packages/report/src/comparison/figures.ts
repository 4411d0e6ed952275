import type { Figure, Scores } from '@overparam/training';
import type { FigureSpec } from './run-records';

/** Values by task and by the figure's name: `figures.segmentation.mIoU`. */
export type ByFigure<Value> = Readonly<Record<string, Readonly<Record<string, Value>>>>;

/** Whose figure it is, and what it is called. */
export type FigureName = Pick<FigureSpec, 'task' | 'name'>;

function own<Value>(record: Readonly<Record<string, Value>> | undefined, name: string): Value | undefined {
  return record && Object.hasOwn(record, name) ? record[name] : undefined;
}

/** The value of a figure; undefined where there is none. */
export function figureIn<Value>(values: ByFigure<Value>, { task, name }: FigureName): Value | undefined {
  return own(own(values, task), name);
}

/** A figure of a network; null where it was not counted, or the network has no such task. */
export function scoreIn({ byTask }: Scores, { task, name }: FigureName): Figure {
  const value = own(own(byTask, task)?.figures, name);
  return Number.isFinite(value) ? value! : null;
}

/** A value for each figure, by task and name. */
export function byFigure<Value>(
  metrics: readonly FigureSpec[],
  value: (figure: FigureSpec) => Value,
): ByFigure<Value> {
  return Object.fromEntries(
    tasksOf(metrics).map((task) => [
      task,
      Object.fromEntries(
        metrics.filter((figure) => figure.task === task).map((figure) => [figure.name, value(figure)]),
      ),
    ]),
  );
}

/** The tasks that figures are of, in their order. */
export function tasksOf(metrics: readonly FigureName[]): string[] {
  return [...new Set(metrics.map(({ task }) => task))];
}

/** The figures that stand for their tasks: the first of each. */
export function headlines(metrics: readonly FigureSpec[]): FigureSpec[] {
  return metrics.filter((figure, index) => metrics.findIndex(({ task }) => task === figure.task) === index);
}

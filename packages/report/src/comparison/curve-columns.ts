import type { EpochRecord } from '@overparam/training';
import { scoreIn, tasksOf } from './figures';
import type { SeedRun } from './records';
import type { FigureSpec } from './run-records';

/** What a run logged of an epoch. */
export type LoggedEpoch = Omit<EpochRecord, 'details'>;

/** What a run logs by epoch under one name, such as `test.class.top1Error`. */
export interface CurveColumn {
  readonly name: string;
  /** Its value in an epoch; null or absent where there is none. */
  value(epoch: LoggedEpoch): number | null | undefined;
}

/** Names of columns, in one place as charts, downloads and event files share them. */
export const columnName = {
  figure: ({ task, name }: Pick<FigureSpec, 'task' | 'name'>) => `test.${task}.${name}`,
  loss: (task: string) => `train.${task}.loss`,
  weight: (task: string) => `train.${task}.weight`,
  cosine: (pair: string) => `train.cosine.${pair}`,
};

/** All that runs logged by epoch, of columns that any of them has a value in. */
export function curveColumns(
  runs: readonly Pick<SeedRun, 'curve'>[],
  metrics: readonly FigureSpec[],
): CurveColumn[] {
  const epochs = runs.flatMap(({ curve }) => curve);
  const tasks = tasksOf(metrics);
  const pairs = [...new Set(epochs.flatMap(({ train }) => Object.keys(train.cosines ?? {})))];
  const all: CurveColumn[] = [
    { name: 'learningRate', value: ({ learningRate }) => learningRate },
    { name: 'train.loss', value: ({ train }) => train.loss },
    { name: 'test.loss', value: ({ test }) => test.loss },
    ...metrics.map((figure) => ({
      name: columnName.figure(figure),
      value: ({ test }: LoggedEpoch) => scoreIn(test, figure),
    })),
    ...tasks.map((task) => ({
      name: columnName.loss(task),
      value: ({ train }: LoggedEpoch) => train.byTask[task]?.loss,
    })),
    ...tasks.map((task) => ({
      name: columnName.weight(task),
      value: ({ train }: LoggedEpoch) => train.byTask[task]?.weight,
    })),
    ...pairs.map((pair) => ({
      name: columnName.cosine(pair),
      value: ({ train }: LoggedEpoch) => train.cosines?.[pair],
    })),
  ];
  return all.filter(({ value }) => epochs.some((epoch) => Number.isFinite(value(epoch))));
}

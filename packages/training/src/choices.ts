import { OverparamError } from '@overparam/errors';
import type { Choices, EpochRecord, Figure, Scores } from './records';

/** How many of the last epochs {@link Choices.meanOfLast} averages, if there are as many. */
export const lastEpochs = 10;

/** Losses on `val` by task. */
function validationLosses({ val }: EpochRecord): number[] {
  return Object.values(val?.byTask ?? {}).map(({ loss }) => loss);
}

/**
 * Which losses on `val` can be compared over epochs. A task without labels there has a loss of 0, which says nothing and
 * which nothing is relative to.
 *
 * @param first  the record after the first epoch
 */
function comparedIn(first: EpochRecord): number[] {
  return validationLosses(first).flatMap((loss, index) => (Number.isFinite(loss) && loss > 0 ? [index] : []));
}

/**
 * Refuses a run that is to be judged by its best epoch and has no loss to tell it by.
 *
 * @param first  the record after the first epoch
 * @throws OverparamError `no-labels`
 */
export function requireValidationLosses(first: EpochRecord): void {
  if (comparedIn(first).length > 0) return;
  throw new OverparamError(
    'no-labels',
    `evaluation: best chooses the epoch by the losses on the split "val", and after the first epoch they were ${validationLosses(first).join(', ')}; expected at least one that is above 0 and finite. Check that the scenes or images held out have labels, hold out others, or choose evaluation: last or meanOfLast.`,
  );
}

function bestOf(history: readonly EpochRecord[]): EpochRecord | null {
  if (!history[0]?.val) return null;
  const first = validationLosses(history[0]);
  const compared = comparedIn(history[0]);
  if (compared.length === 0) return null;
  const standing = (record: EpochRecord) => {
    const losses = validationLosses(record);
    const relative = compared.map((index) => (losses[index] ?? Number.NaN) / first[index]!);
    return relative.reduce((sum, value) => sum + value, 0) / compared.length;
  };
  return history.reduce((best, record) => (standing(record) < standing(best) ? record : best));
}

/** Mean of figures; null where one of them was not counted. */
function meanOf(values: readonly Figure[]): Figure {
  let sum = 0;
  for (const value of values) {
    if (value === null) return null;
    sum += value;
  }
  return sum / values.length;
}

/** Means of scores of the same tasks and figures. */
function meanScores(all: readonly Scores[]): Scores {
  const [first] = all;
  const byTask = Object.keys(first!.byTask).map((task) => {
    const own = all.map((scores) => scores.byTask[task]!);
    const figures = Object.keys(own[0]!.figures).map((name) => [
      name,
      meanOf(own.map((scores) => scores.figures[name]!)),
    ]);
    return [task, { loss: meanOf(own.map(({ loss }) => loss))!, figures: Object.fromEntries(figures) }];
  });
  return { loss: meanOf(all.map(({ loss }) => loss))!, byTask: Object.fromEntries(byTask) };
}

/**
 * Figures by each way to choose epochs. Tasks without labels on `val` take no part in the choice of the best epoch, and
 * there is none where all are such.
 *
 * @param history  one record or more
 * @param last     of the collapsed network
 */
export function choicesOf(history: readonly EpochRecord[], last: Scores): Choices {
  const tail = history.slice(-lastEpochs);
  const best = bestOf(history);
  return {
    last,
    meanOfLast: { epochs: tail.length, scores: meanScores(tail.map(({ test }) => test)) },
    best: best && { epoch: best.epoch, scores: best.test },
  };
}

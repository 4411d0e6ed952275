import { OverparamError } from '@overparam/errors';
import type { Choices, MetricsLine, Scores } from '../run/files';

/** How many of the last epochs {@link Choices.meanOfLast} averages, if there are as many. */
const lastEpochs = 10;

function figuresOf(line: MetricsLine, names: readonly string[]): Scores {
  return Object.fromEntries(names.map((name) => [name, line[name] as number]));
}

/** Losses on `val` by task; the one loss of a single-task run. */
function validationLosses(line: MetricsLine): number[] {
  const scores = (line.val ?? {}) as Scores;
  const byTask = Object.entries(scores).filter(([name]) => name.endsWith('/loss'));
  return byTask.length > 0 ? byTask.map(([, loss]) => loss) : [scores.loss!];
}

/**
 * Which losses on `val` can be compared over epochs. A task without labels there has a loss of 0, which says nothing and
 * which nothing is relative to.
 *
 * @param first  the line after the first epoch
 */
function comparedIn(first: MetricsLine): number[] {
  return validationLosses(first).flatMap((loss, index) => (Number.isFinite(loss) && loss > 0 ? [index] : []));
}

/**
 * Refuses a run that is to be judged by its best epoch and has no loss to tell it by.
 *
 * @param first  the line after the first epoch
 * @throws OverparamError `no-labels`
 */
export function requireValidationLosses(first: MetricsLine): void {
  if (comparedIn(first).length > 0) return;
  throw new OverparamError(
    'no-labels',
    `evaluation: best chooses the epoch by the losses on the split "val", and after the first epoch they were ${validationLosses(first).join(', ')}; expected at least one that is above 0 and finite. Check that the scenes or images held out have labels, hold out others, or choose evaluation: last or meanOfLast.`,
  );
}

function bestOf(history: readonly MetricsLine[]): MetricsLine | null {
  if (!history[0]?.val) return null;
  const first = validationLosses(history[0]);
  const compared = comparedIn(history[0]);
  if (compared.length === 0) return null;
  const standing = (line: MetricsLine) => {
    const losses = validationLosses(line);
    // A line that was read again has null for NaN, which would count as 0.
    const relative = compared.map((index) => (losses[index] ?? Number.NaN) / first[index]!);
    return relative.reduce((sum, value) => sum + value, 0) / compared.length;
  };
  return history.reduce((best, line) => (standing(line) < standing(best) ? line : best));
}

/**
 * Figures by each way to choose epochs. Tasks without labels on `val` take no part in the choice of the best epoch, and
 * there is none where all are such.
 *
 * @param last   of the collapsed network
 * @param names  figures of a metrics line that count
 */
export function choicesOf(history: readonly MetricsLine[], last: Scores, names: readonly string[]): Choices {
  const tail = history.slice(-lastEpochs);
  const mean = (name: string) => tail.reduce((sum, line) => sum + (line[name] as number), 0) / tail.length;
  const best = bestOf(history);
  return {
    last,
    meanOfLast: {
      epochs: tail.length,
      scores: Object.fromEntries(names.map((name) => [name, mean(name)])),
    },
    best: best && { epoch: best.epoch, scores: figuresOf(best, names) },
  };
}

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

function bestOf(history: readonly MetricsLine[]): MetricsLine {
  const first = validationLosses(history[0]!);
  const standing = (line: MetricsLine) => {
    const relative = validationLosses(line).map((loss, index) => loss / first[index]!);
    return relative.reduce((sum, value) => sum + value, 0) / relative.length;
  };
  return history.reduce((best, line) => (standing(line) < standing(best) ? line : best));
}

/**
 * @param last   of the collapsed network
 * @param names  figures of a metrics line that count
 */
export function choicesOf(history: readonly MetricsLine[], last: Scores, names: readonly string[]): Choices {
  const tail = history.slice(-lastEpochs);
  const mean = (name: string) => tail.reduce((sum, line) => sum + (line[name] as number), 0) / tail.length;
  const best = history[0]?.val ? bestOf(history) : null;
  return {
    last,
    meanOfLast: {
      epochs: tail.length,
      scores: Object.fromEntries(names.map((name) => [name, mean(name)])),
    },
    best: best && { epoch: best.epoch, scores: figuresOf(best, names) },
  };
}

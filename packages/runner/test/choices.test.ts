import { describe, expect, test } from 'vitest';
import type { MetricsLine, Scores } from '../src/run/files';
import { choicesOf, requireValidationLosses } from '../src/train/choices';

/** Lines of a run, one for each set of losses on `val`; the test error is 100 less the epoch. */
function history(val: readonly (Scores | null)[]): MetricsLine[] {
  return val.map((scores, index) => ({
    epoch: index + 1,
    update: index + 1,
    stage: 'plain',
    phases: {},
    learningRate: 0.1,
    trainLoss: 1,
    testLoss: 1,
    top1Error: 100 - (index + 1),
    ...(scores && { val: scores }),
  }));
}

const chosen = (val: readonly (Scores | null)[]) =>
  choicesOf(history(val), { loss: 3, top1Error: 7 }, ['top1Error']);

/** Losses of two tasks; the runner writes their sum beside them. */
const two = (first: number, second: number): Scores => ({
  loss: first + second,
  'first/loss': first,
  'second/loss': second,
});

describe('choices of the epoch', () => {
  test('the last is the collapsed network, and the mean is over ten epochs at most', () => {
    const short = chosen([null, null, null]);
    expect(short.last).toEqual({ loss: 3, top1Error: 7 });
    expect(short.meanOfLast).toEqual({ epochs: 3, scores: { top1Error: 98 } });
    // Epochs 3 to 12, with errors from 97 down to 88.
    expect(chosen(Array(12).fill(null)).meanOfLast).toEqual({ epochs: 10, scores: { top1Error: 92.5 } });
  });

  test('the best is the one of lowest loss on val, the first of equals; none without val', () => {
    expect(chosen([{ loss: 4 }, { loss: 2 }, { loss: 2 }, { loss: 3 }]).best).toEqual({
      epoch: 2,
      scores: { top1Error: 98 },
    });
    expect(chosen([null, null]).best).toBeNull();
  });

  test('with several tasks each loss counts relative to its first', () => {
    // Means 1, 0.75 and 1.0005; the sums of the losses would choose the third.
    expect(chosen([two(1000, 1), two(1000, 0.5), two(1, 2)]).best!.epoch).toBe(2);
  });

  test('a task without labels on val takes no part', () => {
    expect(chosen([two(0, 4), two(0, 5), two(0, 1)]).best!.epoch).toBe(3);
  });

  test('there is no best where no task has labels on val', () => {
    expect(chosen([two(0, 0), two(0, 0)]).best).toBeNull();
    expect(chosen([{ loss: 0 }, { loss: 0 }]).best).toBeNull();
  });

  test('an epoch whose loss is not a number is not the best, read again from a file or not', () => {
    const lines = [{ loss: 4 }, { loss: Number.NaN }, { loss: 3 }];
    expect(chosen(lines).best!.epoch).toBe(3);
    expect(chosen(JSON.parse(JSON.stringify(lines))).best!.epoch).toBe(3);
  });

  test('what evaluation: best cannot choose by is named', () => {
    const [none, one] = history([two(0, 0), two(0, 4)]);
    expect(() => requireValidationLosses(one!)).not.toThrow();
    expect(() => requireValidationLosses(none!)).toThrow(
      expect.objectContaining({ code: 'no-labels', message: expect.stringContaining('were 0, 0') }),
    );
  });
});

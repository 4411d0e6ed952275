import { describe, expect, test } from 'vitest';
import { choicesOf, requireValidationLosses } from '../src/choices';
import type { EpochRecord, Figure, Scores } from '../src/index';

/** Scores of one task, or of several by their losses. */
const scores = (losses: Readonly<Record<string, number>>, figures: Record<string, Figure> = {}): Scores => ({
  loss: Object.values(losses).reduce((sum, loss) => sum + loss, 0),
  byTask: Object.fromEntries(Object.entries(losses).map(([task, loss]) => [task, { loss, figures }])),
});

const one = (loss: number) => scores({ class: loss });
/** Test scores of a top-1 error. */
const errorOf = (top1Error: Figure) => scores({ class: 1 }, { top1Error });

/** Records of a run, one for each set of scores on `val`; the test error is 100 less the epoch. */
function history(val: readonly (Scores | null)[]): EpochRecord[] {
  return val.map((found, index) => ({
    epoch: index + 1,
    update: index + 1,
    stage: 'plain',
    phases: {},
    learningRate: 0.1,
    train: { loss: 1, byTask: {} },
    test: errorOf(100 - (index + 1)),
    ...(found && { val: found }),
  }));
}

const last = scores({ class: 3 }, { top1Error: 7 });
const chosen = (val: readonly (Scores | null)[]) => choicesOf(history(val), last);
const two = (first: number, second: number) => scores({ first, second });

describe('choices of the epoch', () => {
  test('the last is the collapsed network, and the mean is over ten epochs at most', () => {
    const short = chosen([null, null, null]);
    expect(short.last).toEqual(last);
    expect(short.meanOfLast).toEqual({ epochs: 3, scores: errorOf(98) });
    // Epochs 3 to 12, with errors from 97 down to 88.
    expect(chosen(Array(12).fill(null)).meanOfLast).toEqual({ epochs: 10, scores: errorOf(92.5) });
  });

  test('the best is the one of lowest loss on val, the first of equals; none without val', () => {
    expect(chosen([4, 2, 2, 3].map(one)).best).toEqual({ epoch: 2, scores: errorOf(98) });
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
    expect(chosen([one(0), one(0)]).best).toBeNull();
  });

  test('an epoch whose loss is not a number is not the best, read again from a file or not', () => {
    const lines = [4, Number.NaN, 3].map(one);
    expect(chosen(lines).best!.epoch).toBe(3);
    expect(chosen(JSON.parse(JSON.stringify(lines))).best!.epoch).toBe(3);
  });

  test('what evaluation: best cannot choose by is named', () => {
    const [none, some] = history([two(0, 0), two(0, 4)]);
    expect(() => requireValidationLosses(some!)).not.toThrow();
    expect(() => requireValidationLosses(none!)).toThrow(
      expect.objectContaining({ code: 'no-labels', message: expect.stringContaining('were 0, 0') }),
    );
  });
});

test('a figure that an epoch did not count has no mean, read again from a file or not', () => {
  const records = history([null, null]).map((record, index) => ({
    ...record,
    test: scores({ class: index + 1 }, { top1Error: index === 0 ? null : 40, other: 5 }),
  }));
  const expected = { epochs: 2, scores: scores({ class: 1.5 }, { top1Error: null, other: 5 }) };
  expect(choicesOf(records, last).meanOfLast).toEqual(expected);
  const again = JSON.parse(JSON.stringify(records)) as EpochRecord[];
  expect(choicesOf(again, last).meanOfLast).toEqual(expected);
});

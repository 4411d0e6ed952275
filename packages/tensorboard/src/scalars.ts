import type { EpochRecord, EpochTiming } from '@overparam/training';

/** A number of an epoch, and what TensorBoard calls it: what stands before the first slash is its group. */
export interface Scalar {
  readonly tag: string;
  readonly value: number;
}

/**
 * The curves of an epoch: test figures and losses by task, weights of the losses, cosines between gradients, the learning
 * rate and clock times. A figure that was not counted is left out; a loss that left the numbers is NaN.
 */
export function scalarsOf(
  { train, test, val, learningRate }: EpochRecord,
  timing: EpochTiming | null,
): Scalar[] {
  const number = (tag: string, value: number | null | undefined): Scalar[] =>
    typeof value === 'number' ? [{ tag, value }] : [];
  const loss = (tag: string, value: number | null): Scalar => ({ tag, value: value ?? Number.NaN });
  const measured = (split: string, scores: typeof test): Scalar[] => [
    loss(`${split}/loss`, scores.loss),
    ...Object.entries(scores.byTask).flatMap(([task, own]) => [
      loss(`${split}/${task}/loss`, own.loss),
      ...Object.entries(own.figures).flatMap(([name, value]) => number(`${split}/${task}/${name}`, value)),
    ]),
  ];
  return [
    ...measured('test', test),
    ...(val ? measured('val', val) : []),
    ...measured('train', train),
    ...Object.entries(train.byTask).flatMap(([task, { weight }]) => number(`train/${task}/weight`, weight)),
    ...Object.entries(train.cosines ?? {}).flatMap(([pair, value]) =>
      number(`train/cosine/${pair.replaceAll('/', '-')}`, value),
    ),
    { tag: 'train/learningRate', value: learningRate },
    ...number('time/trainSeconds', timing?.trainSeconds),
    ...number('time/testSeconds', timing?.testSeconds),
  ];
}

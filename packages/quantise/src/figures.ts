import type { OpenDataset, Task } from '@overparam/plugin';
import { evaluationBatches, type Scores, type TaskScores } from '@overparam/training';
import * as tf from '@tensorflow/tfjs';
import { type Agreement, AgreementSum } from './agreement';

/** Gives a network's answers, one for each task; whoever called disposes them. */
export type Predictor = (x: tf.Tensor) => Promise<tf.Tensor[]>;

/** What a network came to, and how near its answers are to those of the first one. */
export interface Figures {
  readonly scores: Scores;
  /** By task. */
  readonly agreement: Readonly<Record<string, Agreement>>;
}

/** What networks are compared on. */
export interface FiguresOptions {
  readonly split: string;
  /** Number of examples, the first of the split. */
  readonly size: number;
  /** Examples in one batch, which changes no figure. */
  readonly batch: number;
  readonly signal?: AbortSignal;
  /** Told after each batch. */
  readonly onBatch?: (done: number, total: number) => void;
}

/** Whether a task's answers are classes. */
export function answersClasses(task: Task): boolean {
  return task.form === 'class' || (task.form === 'dense' && task.label.dtype === 'int32');
}

/**
 * The figures of several networks on the same examples, by their own tasks' losses and metrics.
 *
 * @param predictors  the first is the one that others are compared with
 */
export async function figuresOf(
  predictors: readonly Predictor[],
  tasks: readonly Task[],
  dataset: OpenDataset,
  { split, size, batch, signal, onBatch }: FiguresOptions,
): Promise<Figures[]> {
  const kept = predictors.map(() =>
    tasks.map((task) => ({
      accumulator: task.accumulator(),
      agreement: new AgreementSum(answersClasses(task)),
      loss: 0,
      labels: 0,
    })),
  );
  let done = 0;
  for await (const { examples, tensors } of evaluationBatches(dataset, { split, size, batch })) {
    const answers: tf.Tensor[][] = [];
    try {
      for (const [at, predict] of predictors.entries()) {
        signal?.throwIfAborted();
        answers.push(await predict(tensors.x!));
        for (const [index, task] of tasks.entries()) {
          const sums = kept[at]![index]!;
          const prediction = answers[at]![index]!;
          const label = tensors[`label/${task.name}`]!;
          sums.accumulator.add(
            (await prediction.data()) as Float32Array,
            (await label.data()) as Float32Array | Int32Array,
            examples,
          );
          const [loss, labels] = tf.tidy(() => [
            task.loss(prediction, label).dataSync()[0]!,
            task.validLabels(label).dataSync()[0]!,
          ]);
          sums.loss += loss! * labels!;
          sums.labels += labels!;
          await sums.agreement.add(prediction, answers[0]![index]!);
        }
      }
    } finally {
      tf.dispose([...answers.flat(), ...Object.values(tensors)]);
    }
    done += examples;
    onBatch?.(done, size);
  }
  return kept.map((own) => {
    const byTask: Record<string, TaskScores> = {};
    for (const [index, task] of tasks.entries()) {
      const { accumulator, loss, labels } = own[index]!;
      const figures = Object.entries(accumulator.result()).map(([name, value]) => [
        name,
        Number.isFinite(value) ? value : null,
      ]);
      byTask[task.name] = { loss: loss / Math.max(1, labels), figures: Object.fromEntries(figures) };
    }
    return {
      scores: { loss: Object.values(byTask).reduce((sum, scores) => sum + scores.loss, 0), byTask },
      agreement: Object.fromEntries(tasks.map(({ name }, index) => [name, own[index]!.agreement.result()])),
    };
  });
}

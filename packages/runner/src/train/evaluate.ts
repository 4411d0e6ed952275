import { forward, type OpenDataset, type Task } from '@overparam/core-reparam';
import { type CompiledStep, compile } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import type { Scores } from '../run/files';
import { evaluationBatches } from './batches';

/** How a network is evaluated. */
export interface EvaluationOptions {
  readonly split: string;
  /** Number of examples used, the first of the split. */
  readonly size: number;
  readonly batch: number;
  readonly signal?: AbortSignal;
}

/** Runs a network over a split in inference mode; made once and used every epoch. */
export interface Evaluator {
  run(): Promise<Scores>;
  dispose(): void;
}

/** Name of a task's figure: `top1Error`, or `segmentation/top1Error` where there are several tasks. */
export function figureName(tasks: readonly Task[], task: string, figure: string): string {
  return tasks.length === 1 ? figure : `${task}/${figure}`;
}

/**
 * @param tasks  one for each output of the model, in their order
 * @returns      gives `loss` (mean over the examples, summed over the tasks) and each task's metrics
 */
export function createEvaluator(
  model: tf.LayersModel,
  tasks: readonly Task[],
  dataset: OpenDataset,
  options: EvaluationOptions,
): Evaluator {
  // One for each batch size: full batches, and what is left at the end.
  const steps = new Map<number, CompiledStep>();
  const stepFor = (examples: number): CompiledStep => {
    const known = steps.get(examples);
    if (known) return known;
    const step = compile((inputs) => {
      const predictions = forward(model, inputs.x!, { mode: 'infer' });
      const outputs: Record<string, tf.Tensor> = {};
      tasks.forEach((task, index) => {
        outputs[`prediction/${task.name}`] = predictions[index]!;
        outputs[`loss/${task.name}`] = task.loss(predictions[index]!, inputs[`label/${task.name}`]!);
      });
      return outputs;
    });
    steps.set(examples, step);
    return step;
  };
  return {
    async run() {
      const accumulators = tasks.map((task) => task.accumulator());
      const losses = tasks.map(() => 0);
      for await (const { examples, tensors } of evaluationBatches(dataset, options)) {
        const outputs = stepFor(examples)(tensors);
        try {
          options.signal?.throwIfAborted();
          for (const [index, task] of tasks.entries()) {
            const prediction = (await outputs[`prediction/${task.name}`]!.data()) as Float32Array;
            const label = (await tensors[`label/${task.name}`]!.data()) as Float32Array | Int32Array;
            accumulators[index]!.add(prediction, label, examples);
            losses[index]! += (await outputs[`loss/${task.name}`]!.data())[0]! * examples;
          }
        } finally {
          tf.dispose([outputs, tensors]);
        }
      }
      const scores: Record<string, number> = {
        loss: losses.reduce((sum, loss) => sum + loss, 0) / options.size,
      };
      tasks.forEach((task, index) => {
        if (tasks.length > 1) scores[`${task.name}/loss`] = losses[index]! / options.size;
        for (const [metric, value] of Object.entries(accumulators[index]!.result())) {
          scores[figureName(tasks, task.name, metric)] = value;
        }
      });
      return scores;
    },
    dispose() {
      for (const step of steps.values()) step.dispose();
      steps.clear();
    },
  };
}

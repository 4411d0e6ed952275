import { forward } from '@overparam/core-reparam';
import { type CompiledStep, compile, type Precision, widened } from '@overparam/engine';
import type { MetricDetails, OpenDataset, Task } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { evaluationBatches } from './batches';
import type { Figure, ScoreDetails, Scores, TaskScores } from './records';
import { requireSplit } from './splits';

/** How a network is evaluated. */
export interface EvaluationOptions {
  readonly split: string;
  /** Examples in one batch, which changes no figure. */
  readonly batch: number;
  /** Number of examples used, the first of the split; all where left out. */
  readonly size?: number;
  /** Stops an evaluation: its `run` then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * Whether the networks stay as they are until the evaluator is disposed, as collapsed ones do: convolution, bias,
   * addition and ReLU are then one op where the engine can, and figures differ by rounding. False where left out.
   */
  readonly frozen?: boolean;
  /** What activations are computed in; losses and metrics are float32. `float32` where left out. */
  readonly precision?: Precision;
}

/** What a network came to on a split. */
export interface Evaluation {
  readonly scores: Scores;
  /** What lies behind them, by task, such as a confusion matrix. */
  readonly details: Readonly<Record<string, ScoreDetails>>;
}

/** Runs a network over a split in inference mode; made once and used every epoch. */
export interface Evaluator {
  /** Evaluates the network as it is now. */
  run(): Promise<Evaluation>;
  /** Frees what it compiled; the network stays the caller's. */
  dispose(): void;
}

/** Null for what is no number in JSON, so that a record is the same before and after it was written. */
function figureOf(value: number): Figure {
  return Number.isFinite(value) ? value : null;
}

/** Figures with null for what was not counted. */
function counted(figures: Readonly<Record<string, number>>): Record<string, Figure> {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, figureOf(value)]));
}

function countedDetails(details: MetricDetails): ScoreDetails {
  const entries = Object.entries(details).map(([name, values]) => [
    name,
    values.map((value) => (typeof value === 'number' ? figureOf(value) : value.map(figureOf))),
  ]);
  return Object.fromEntries(entries) as ScoreDetails;
}

/** Predictions of one network, or of one network a task; the caller disposes. */
export function predict(
  networks: tf.LayersModel | readonly tf.LayersModel[],
  x: tf.Tensor,
): readonly tf.Tensor[] {
  if (!Array.isArray(networks)) return forward(networks as tf.LayersModel, x, { mode: 'infer' });
  return (networks as readonly tf.LayersModel[]).flatMap((network) => forward(network, x, { mode: 'infer' }));
}

/**
 * What evaluates a network, or several, on a split; the caller disposes it before the networks.
 *
 * @param networks  one with an output for each task, or one for each task with its output alone
 * @param tasks     in the order of the outputs
 * @throws OverparamError `missing-split`
 * @example
 * const { scores } = await createEvaluator(model, tasks, dataset, { split: 'test', batch: 32 }).run();
 */
export function createEvaluator(
  networks: tf.LayersModel | readonly tf.LayersModel[],
  tasks: readonly Task[],
  dataset: OpenDataset,
  options: EvaluationOptions,
): Evaluator {
  const { split, batch, signal, frozen = false, precision = 'float32' } = options;
  requireSplit(dataset, split);
  const size = options.size ?? dataset.splits[split]!.size;
  // One for each batch size: full batches, and what is left at the end.
  const steps = new Map<number, CompiledStep>();
  const stepFor = (examples: number): CompiledStep => {
    const known = steps.get(examples);
    if (known) return known;
    const step = compile(
      (inputs) => {
        // Losses are computed in float32.
        const predictions = predict(networks, inputs.x!).map((prediction) => widened(prediction));
        const outputs: Record<string, tf.Tensor> = {};
        tasks.forEach((task, index) => {
          outputs[`prediction/${task.name}`] = predictions[index]!;
          const label = inputs[`label/${task.name}`]!;
          outputs[`loss/${task.name}`] = task.loss(predictions[index]!, label);
          outputs[`labels/${task.name}`] = task.validLabels(label);
        });
        return outputs;
      },
      { frozen, precision },
    );
    steps.set(examples, step);
    return step;
  };
  return {
    async run() {
      const accumulators = tasks.map((task) => task.accumulator());
      const sums = tasks.map(() => ({ loss: 0, labels: 0 }));
      for await (const { examples, tensors } of evaluationBatches(dataset, { split, size, batch })) {
        const outputs = stepFor(examples)(tensors);
        try {
          signal?.throwIfAborted();
          for (const [index, task] of tasks.entries()) {
            const prediction = (await outputs[`prediction/${task.name}`]!.data()) as Float32Array;
            const label = (await tensors[`label/${task.name}`]!.data()) as Float32Array | Int32Array;
            accumulators[index]!.add(prediction, label, examples);
            // A batch's loss is the mean over its labels, and batches have different numbers of them.
            const labels = (await outputs[`labels/${task.name}`]!.data())[0]!;
            sums[index]!.loss += (await outputs[`loss/${task.name}`]!.data())[0]! * labels;
            sums[index]!.labels += labels;
          }
        } finally {
          tf.dispose([outputs, tensors]);
        }
      }
      const byTask: Record<string, TaskScores> = {};
      const details: Record<string, ScoreDetails> = {};
      tasks.forEach((task, index) => {
        const accumulator = accumulators[index]!;
        const { loss, labels } = sums[index]!;
        byTask[task.name] = { loss: loss / Math.max(1, labels), figures: counted(accumulator.result()) };
        const more = accumulator.details?.();
        if (more) details[task.name] = countedDetails(more);
      });
      const loss = Object.values(byTask).reduce((sum, scores) => sum + scores.loss, 0);
      return { scores: { loss, byTask }, details };
    },
    dispose() {
      for (const step of steps.values()) step.dispose();
      steps.clear();
    },
  };
}

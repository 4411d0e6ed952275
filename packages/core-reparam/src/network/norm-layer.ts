import { countOfBatch, inferenceBatchNorm, trainingBatchNorm } from '@overparam/engine';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { updateRunning } from '../algebra/norms';
import { contextOf } from './context';

type LayerVariable = tf.layers.Layer['trainableWeights'][number];
type LayerArguments = ConstructorParameters<typeof tf.layers.Layer>[0];

/** Settings of a {@link NormLayer}, with tfjs's meanings. */
export interface NormLayerSettings {
  readonly epsilon: number;
  readonly momentum: number;
  readonly center: boolean;
  readonly scale: boolean;
  /** Whether the running variance takes the unbiased batch variance. */
  readonly unbiased: boolean;
  /** Tasks with running statistics of their own, as JSON under `name`, which tfjs leaves alone when it saves. */
  readonly tasks: { readonly name: string };
  /** Constraints and regularisers of gamma and beta, as tfjs's own layer has them in its config, as JSON; absent for none. */
  readonly rules?: { readonly name: string };
}

interface Running {
  readonly mean: LayerVariable;
  readonly variance: LayerVariable;
}

/**
 * Batch normalisation over the last axis, made for training: the engine's fused op and PyTorch's running
 * statistics. Its weights have the names and the order of tfjs's own layer, which takes its place after a
 * collapse; in a network with a trunk for each task, each task has running statistics of its own.
 *
 * Input and output `[n, …, channels]`.
 */
export class NormLayer extends tf.layers.Layer {
  static readonly className = 'OverparamNorm';
  readonly settings: NormLayerSettings;
  private gamma: LayerVariable | null = null;
  private beta: LayerVariable | null = null;
  private readonly running = new Map<string, Running>();

  constructor(config: LayerArguments & NormLayerSettings) {
    super(config);
    const { epsilon, momentum, center, scale, unbiased, tasks, rules } = config;
    this.settings = { epsilon, momentum, center, scale, unbiased, tasks, ...(rules && { rules }) };
    this.supportsMasking = true;
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as tf.Shape;
    const channels = [shape[shape.length - 1]!];
    const ones = tf.initializers.ones();
    const zeros = tf.initializers.zeros();
    const { scale, center } = this.settings;
    const rules = ruleObjects(this.settings);
    if (scale)
      this.gamma = this.addWeight(
        'gamma',
        channels,
        'float32',
        ones,
        rules.gammaRegularizer,
        true,
        rules.gammaConstraint,
      );
    if (center)
      this.beta = this.addWeight(
        'beta',
        channels,
        'float32',
        zeros,
        rules.betaRegularizer,
        true,
        rules.betaConstraint,
      );
    const tasks = normTasks(this.settings);
    for (const task of tasks.length > 0 ? tasks : ['']) {
      const suffix = task === '' ? '' : `_${task}`;
      this.running.set(task, {
        mean: this.addWeight(`moving_mean${suffix}`, channels, 'float32', zeros, undefined, false),
        variance: this.addWeight(`moving_variance${suffix}`, channels, 'float32', ones, undefined, false),
      });
    }
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape | tf.Shape[] {
    return inputShape;
  }

  override call(inputs: Tensor | Tensor[], kwargs: Record<string, unknown>): Tensor {
    return tf.tidy(() => {
      const x = Array.isArray(inputs) ? inputs[0]! : inputs;
      const channels = x.shape[x.shape.length - 1]!;
      const flat = (x.rank === 4 ? x : x.reshape([-1, channels])) as Tensor4D | Tensor2D;
      const gamma = (this.gamma?.read() ?? tf.ones([channels])) as Tensor1D;
      const beta = (this.beta?.read() ?? tf.zeros([channels])) as Tensor1D;
      const context = contextOf(kwargs);
      if (context.mode === 'infer') {
        const { mean, variance } = meanStatistics(this.runningOf(context.task).map(readRunning));
        return inferenceBatchNorm(flat, gamma, beta, mean, variance, this.settings.epsilon).reshape(x.shape);
      }
      const batch = trainingBatchNorm(flat, gamma, beta, this.settings.epsilon);
      const rule = { ...this.settings, momentum: context.momentum ?? this.settings.momentum };
      for (const running of context.updateStatistics ? this.runningOf(context.task) : []) {
        const next = updateRunning(readRunning(running), batch, countOfBatch(x.size / channels), rule);
        running.mean.write(next.mean);
        running.variance.write(next.variance);
      }
      return batch.y.reshape(x.shape);
    });
  }

  /** The statistics of a task, or of all. */
  private runningOf(task: string | null): Running[] {
    const own = task === null ? undefined : this.running.get(task);
    return own ? [own] : [...this.running.values()];
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...(this.settings as unknown as tf.serialization.ConfigDict) };
  }
}
tf.serialization.registerClass(NormLayer);

/** The tasks that have running statistics of their own; none in most networks. */
export function normTasks({ tasks }: Pick<NormLayerSettings, 'tasks'>): readonly string[] {
  return JSON.parse(tasks.name) as string[];
}

/** Constraints and regularisers as they stand in the config of tfjs's own layer. */
export function normRules({ rules }: Pick<NormLayerSettings, 'rules'>): tf.serialization.ConfigDict {
  return rules ? (JSON.parse(rules.name) as tf.serialization.ConfigDict) : {};
}

type AddWeight = Parameters<tf.layers.Layer['addWeight']>;

/** What tfjs makes of them; it has no function that does so, but its own layer. */
function ruleObjects(settings: NormLayerSettings): {
  readonly gammaRegularizer?: AddWeight[4];
  readonly betaRegularizer?: AddWeight[4];
  readonly gammaConstraint?: AddWeight[6];
  readonly betaConstraint?: AddWeight[6];
} {
  return settings.rules ? (tf.layers.batchNormalization(normRules(settings)) as object) : {};
}

function readRunning({ mean, variance }: Running): Statistics {
  return { mean: mean.read() as Tensor1D, variance: variance.read() as Tensor1D };
}

interface Statistics {
  readonly mean: Tensor1D;
  readonly variance: Tensor1D;
}

/** What one network for all tasks normalises with: the mean over the tasks' statistics. */
export function meanStatistics(all: readonly Statistics[]): Statistics {
  if (all.length === 1) return all[0]!;
  const mean = (parts: readonly Tensor1D[]) => tf.addN([...parts]).div(parts.length) as Tensor1D;
  return { mean: mean(all.map((one) => one.mean)), variance: mean(all.map((one) => one.variance)) };
}

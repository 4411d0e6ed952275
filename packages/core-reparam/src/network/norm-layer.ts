import { inferenceBatchNorm, trainingBatchNorm } from '@overparam/engine';
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
}

/**
 * Batch normalisation over the last axis, made for training: the engine's fused op and PyTorch's running
 * statistics. Its weights have the names and the order of tfjs's own layer, which takes its place after a
 * collapse.
 *
 * Input and output `[n, …, channels]`.
 */
export class NormLayer extends tf.layers.Layer {
  static readonly className = 'OverparamNorm';
  readonly settings: NormLayerSettings;
  private gamma: LayerVariable | null = null;
  private beta: LayerVariable | null = null;
  private mean!: LayerVariable;
  private variance!: LayerVariable;

  constructor(config: LayerArguments & NormLayerSettings) {
    super(config);
    const { epsilon, momentum, center, scale, unbiased } = config;
    this.settings = { epsilon, momentum, center, scale, unbiased };
    this.supportsMasking = true;
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as tf.Shape;
    const channels = [shape[shape.length - 1]!];
    const ones = tf.initializers.ones();
    const zeros = tf.initializers.zeros();
    if (this.settings.scale) this.gamma = this.addWeight('gamma', channels, 'float32', ones);
    if (this.settings.center) this.beta = this.addWeight('beta', channels, 'float32', zeros);
    this.mean = this.addWeight('moving_mean', channels, 'float32', zeros, undefined, false);
    this.variance = this.addWeight('moving_variance', channels, 'float32', ones, undefined, false);
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
      const mean = this.mean.read() as Tensor1D;
      const variance = this.variance.read() as Tensor1D;
      const context = contextOf(kwargs);
      if (context.mode === 'infer') {
        return inferenceBatchNorm(flat, gamma, beta, mean, variance, this.settings.epsilon).reshape(x.shape);
      }
      const batch = trainingBatchNorm(flat, gamma, beta, this.settings.epsilon);
      if (context.updateStatistics) {
        const running = updateRunning({ mean, variance }, batch, x.size / channels, this.settings);
        this.mean.write(running.mean);
        this.variance.write(running.variance);
      }
      return batch.y.reshape(x.shape);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.settings };
  }
}
tf.serialization.registerClass(NormLayer);

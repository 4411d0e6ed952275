import * as tf from '@tensorflow/tfjs';
import { type LayerArguments, oneShape } from './layer-input';

/**
 * A sum of inputs of one shape with one trained weight each: a row of a cross-stitch unit.
 *
 * Source: Misra et al. 2016, https://arxiv.org/abs/1604.03539
 */
export class WeightedSum extends tf.layers.Layer {
  static readonly className = 'OverparamWeightedSum';
  private readonly initial: number[];
  private factors!: tf.layers.Layer['trainableWeights'][number];

  /** @param config  `initial`: the first weight of each input */
  constructor(config: LayerArguments & { readonly initial: readonly number[] }) {
    super(config);
    this.initial = [...config.initial];
  }

  override build(_inputShape: tf.Shape | tf.Shape[]): void {
    const zeros = tf.initializers.zeros();
    this.factors = this.addWeight('factors', [this.initial.length], 'float32', zeros);
    const first = tf.tensor1d(this.initial);
    this.factors.write(first);
    first.dispose();
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return oneShape(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], _kwargs: Record<string, unknown>): tf.Tensor {
    return tf.tidy(() => {
      const factors = tf.unstack(this.factors.read());
      return tf.addN((inputs as tf.Tensor[]).map((input, index) => tf.mul(input, factors[index]!)));
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), initial: this.initial };
  }
}

/**
 * A sum of images, each times a weight of its own for every example: what a gate lets through of several experts.
 *
 * Inputs: the weights `[n, k]`, or `[1, k]` where they are the same for every example, then `k` tensors of one shape
 * `[n, ...]`. Output `[n, ...]`.
 *
 * Source: Ma et al. 2018, https://doi.org/10.1145/3219819.3220007
 */
export class GatedSum extends tf.layers.Layer {
  static readonly className = 'OverparamGatedSum';

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [weights, first] = inputShape as [tf.Shape, tf.Shape];
    const count = (inputShape as tf.Shape[]).length - 1;
    if (weights.length === 2 && weights[1] === count) return first;
    throw new Error(
      `A gated sum of ${count} tensors needs as many weights for each example, [n, ${count}], as its first input; got [${weights}].`,
    );
  }

  override call(inputs: tf.Tensor | tf.Tensor[], _kwargs: Record<string, unknown>): tf.Tensor {
    return tf.tidy(() => {
      const [weights, ...given] = inputs as [tf.Tensor2D, ...tf.Tensor[]];
      const sides = new Array<number>(given[0]!.rank - 1).fill(1);
      const parts = given.map((x, index) =>
        tf.mul(x, tf.reshape(tf.slice(weights, [0, index], [-1, 1]), [-1, ...sides])),
      );
      return tf.addN(parts);
    });
  }
}

import * as tf from '@tensorflow/tfjs';
import type { LayerArguments } from './layer-input';

/**
 * Numbers that are trained and depend on no input: `[1, units]`, the same for every example. Its input only says where it
 * stands in the network.
 */
export class LearnedVector extends tf.layers.Layer {
  static readonly className = 'OverparamLearnedVector';
  private readonly units: number;
  private vector!: tf.layers.Layer['trainableWeights'][number];

  /** @param config  `units`: how many numbers, zero at first */
  constructor(config: LayerArguments & { readonly units: number }) {
    super(config);
    this.units = config.units;
  }

  override build(_inputShape: tf.Shape | tf.Shape[]): void {
    this.vector = this.addWeight('vector', [this.units], 'float32', tf.initializers.zeros());
    this.built = true;
  }

  override computeOutputShape(_inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return [1, this.units];
  }

  override call(_inputs: tf.Tensor | tf.Tensor[], _kwargs: Record<string, unknown>): tf.Tensor {
    return tf.reshape(this.vector.read(), [1, this.units]);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), units: this.units };
  }
}

/**
 * The weights of experts, of which at most `k` are not zero once the selectors have settled: DSelect-k.
 *
 * Each of `k` selectors chooses one of `2^b` experts by the binary digits of its number, the most significant first: a
 * digit is 1 with the weight `s(z) = -2 z^3 / gamma^3 + 3 z / (2 gamma) + 1/2`, which is 0 for z below -gamma / 2 and 1 above
 * gamma / 2, and an expert's weight is the product over its digits. The selectors are weighed by the softmax of `w`.
 *
 * Inputs: `z` `[n, k * b]`, selector by selector, and `w` `[n, k]`; or `[1, ...]`, the same for every example. Output
 * `[n, 2^b]`, at least 0, summing to 1.
 *
 * Source: Hazimeh et al. 2021, https://arxiv.org/abs/2106.03760
 */
export class ExpertSelection extends tf.layers.Layer {
  static readonly className = 'OverparamExpertSelection';
  private readonly gamma: number;

  /** @param config  `gamma`: width of the range in which a digit is between 0 and 1, above 0 */
  constructor(config: LayerArguments & { readonly gamma: number }) {
    super(config);
    this.gamma = config.gamma;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [z, w] = inputShape as [tf.Shape, tf.Shape];
    return [z[0]!, 2 ** (z[1]! / w[1]!)];
  }

  override call(inputs: tf.Tensor | tf.Tensor[], _kwargs: Record<string, unknown>): tf.Tensor {
    return tf.tidy(() => {
      const [z, w] = inputs as [tf.Tensor2D, tf.Tensor2D];
      const selectors = w.shape[1];
      const digits = z.shape[1] / selectors;
      const { gamma } = this;
      // Outside the range the polynomial is flat: its slope at both ends is 0.
      const inside = tf.clipByValue(tf.reshape(z, [-1, selectors, digits]), -gamma / 2, gamma / 2);
      const cubed = tf.mul(tf.mul(inside, inside), inside);
      const one = tf.add(tf.add(tf.mul(cubed, -2 / gamma ** 3), tf.mul(inside, 3 / (2 * gamma))), 0.5);
      // Digit by digit, each part is split into one for 0 and one for 1: [n, k, 2^digits].
      const choices = (digit: number) => {
        const on = tf.slice(one, [0, 0, digit], [-1, -1, 1]);
        return tf.concat([tf.sub(1, on), on], 2);
      };
      let parts = choices(0);
      for (let digit = 1; digit < digits; digit++) {
        const wide = tf.mul(
          tf.reshape(parts, [-1, selectors, 2 ** digit, 1]),
          tf.reshape(choices(digit), [-1, selectors, 1, 2]),
        );
        parts = tf.reshape(wide, [-1, selectors, 2 ** (digit + 1)]) as tf.Tensor3D;
      }
      const shares = tf.reshape(tf.softmax(w), [-1, selectors, 1]);
      return tf.sum(tf.mul(parts, shares), 1);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), gamma: this.gamma };
  }
}

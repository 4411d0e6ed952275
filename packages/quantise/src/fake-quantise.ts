import * as tf from '@tensorflow/tfjs';
import { activationLevels, type Grid, weightLevels } from './grid';

type LayerArguments = ConstructorParameters<typeof tf.layers.Layer>[0];

/**
 * Puts activations on their grid: `clip(round(x / scale), -zeroPoint, 255 - zeroPoint) * scale`, halves to even numbers. The
 * gradient is passed through where x is within the grid, and is zero beyond it.
 *
 * Source: Jacob et al., https://arxiv.org/abs/1712.05877; Bengio et al., https://arxiv.org/abs/1308.3432
 *
 * @param x  of any shape, float32
 * @returns  of the same shape; the caller disposes
 */
export function quantiseActivations<T extends tf.Tensor>(x: T, { scale, zeroPoint }: Grid): T {
  const [least, most] = [-zeroPoint, activationLevels - zeroPoint];
  const run = tf.customGrad((...inputs) => {
    const [given, save] = inputs as unknown as [tf.Tensor, tf.GradSaveFunc];
    const steps = tf.div(given, scale);
    save([given]);
    return {
      value: tf.mul(tf.clipByValue(tf.round(steps), least, most), scale),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [x0] = saved as [tf.Tensor];
        const inside = tf.logicalAnd(tf.greaterEqual(x0, least * scale), tf.lessEqual(x0, most * scale));
        return tf.mul(dy, tf.cast(inside, 'float32'));
      },
    };
  });
  return tf.tidy(() => run(x)) as T;
}

/**
 * Puts a kernel on its grid of 127 steps to either side, one for each output channel, from the largest absolute value there.
 * The gradient is passed through.
 *
 * @param kernel  `[kh, kw, cin, cout]`
 * @returns       of the same shape; the caller disposes
 */
export function quantiseKernel(kernel: tf.Tensor4D): tf.Tensor4D {
  const run = tf.customGrad((...inputs) => {
    const given = inputs[0] as tf.Tensor4D;
    const largest = tf.max(tf.abs(given), [0, 1, 2], true);
    const some = tf.greater(largest, 0);
    const scale = tf.where(some, tf.div(largest, weightLevels), tf.onesLike(largest));
    const whole = tf.clipByValue(tf.round(tf.div(given, scale)), -weightLevels, weightLevels);
    return { value: tf.mul(whole, scale), gradFunc: (dy: tf.Tensor) => tf.clone(dy) };
  });
  return tf.tidy(() => run(kernel)) as tf.Tensor4D;
}

/** What a {@link FakeQuantise} layer does: puts values on the grid, hands them on as they are, or shows them to somebody. */
export type QuantiserMode = 'on' | 'off' | ((x: tf.Tensor) => void);

/** Who may settle how values are rounded, in place of the layer: see {@link FakeQuantise}. */
interface Decisions {
  decide(layer: string, choose: () => tf.Tensor): tf.Tensor;
}

/**
 * {@link quantiseActivations} as a layer, with the grid as its config: `scale` and `zeroPoint`.
 *
 * Where its call's keyword arguments have `decisions`, it asks that for what rounding adds, so that one network can be
 * compared with another; such a pass has no gradient.
 */
export class FakeQuantise extends tf.layers.Layer {
  static readonly className = 'OverparamFakeQuantise';
  /** Belongs to this object and is saved nowhere; a compiled step keeps what it was at its first call. */
  mode: QuantiserMode = 'on';
  private readonly grid: Grid;

  constructor(config: LayerArguments & Grid) {
    super(config);
    const { scale, zeroPoint } = config;
    this.grid = { scale, zeroPoint };
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape | tf.Shape[] {
    return inputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    const decisions = kwargs?.decisions as Decisions | null | undefined;
    if (this.mode === 'on' && decisions) {
      // What rounding adds is a choice between two neighbours: with the same ones, networks can be compared.
      return tf.tidy(() =>
        tf.add(
          x,
          decisions.decide(this.name, () => tf.tidy(() => tf.sub(quantiseActivations(x, this.grid), x))),
        ),
      );
    }
    if (this.mode === 'on') return quantiseActivations(x, this.grid);
    if (typeof this.mode === 'function') this.mode(x);
    return tf.clone(x);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), scale: this.grid.scale, zeroPoint: this.grid.zeroPoint };
  }
}
tf.serialization.registerClass(FakeQuantise);

import { foldKey, type Key, keyFromSeed, randomBits } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { contextOf } from './context';

type LayerArguments = ConstructorParameters<typeof tf.layers.Layer>[0];

/** Settings of a {@link DropoutLayer}, with tfjs's meanings. */
export interface DropoutLayerSettings {
  /** Share of the inputs that training sets to zero, from 0 up to but not 1. */
  readonly rate: number;
  /** Shape of the mask, which is spread over the input; null for the input's own size, and for the whole shape. */
  readonly noiseShape: number[] | null;
  /** Not used here; put back when the network is collapsed. */
  readonly seed: number | null;
}

/** The masks of one pass through a network. */
export interface Masks {
  /** The next one for a layer and inputs of a shape, borrowed; undefined where there is none. */
  take(layer: DropoutLayer, inputShape: readonly number[]): Tensor | undefined;
}

/**
 * Dropout whose masks come from outside, so that they follow from a key and can change between runs of a compiled
 * step. tfjs's own layer, which takes its place after a collapse, draws from a global generator, or the same mask
 * every time where it has a seed.
 *
 * In inference the input itself. In training the input times a mask: the one that `forward` was given, or, under
 * tfjs's own `model.fit`, one by the layer's name and the number of batches it has seen.
 */
export class DropoutLayer extends tf.layers.Layer {
  static readonly className = 'OverparamDropout';
  readonly settings: DropoutLayerSettings;
  private batches = 0;

  constructor(config: LayerArguments & DropoutLayerSettings) {
    super(config);
    const { rate, noiseShape, seed } = config;
    this.settings = { rate, noiseShape: noiseShape ?? null, seed: seed ?? null };
    this.supportsMasking = true;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape | tf.Shape[] {
    return inputShape;
  }

  /** The shape of a mask for inputs of a shape. */
  maskShape(inputShape: readonly number[]): number[] {
    return inputShape.map((side, axis) => this.settings.noiseShape?.[axis] ?? side);
  }

  /** A mask for inputs of a shape: 0, or 1 / (1 - rate) for what stays; the caller disposes. */
  mask(inputShape: readonly number[], key: Key): Tensor {
    const { rate } = this.settings;
    const shape = this.maskShape(inputShape);
    const size = shape.reduce((product, side) => product * side, 1);
    // Sixteen bits a place: two places for each word.
    const words = randomBits(key, Math.ceil(size / 2));
    const halves = new Uint16Array(words.buffer, words.byteOffset, size);
    const values = new Float32Array(size);
    for (let place = 0; place < size; place++) {
      if (halves[place]! >= rate * 65536) values[place] = 1 / (1 - rate);
    }
    return tf.tensor(values, shape);
  }

  override call(inputs: Tensor | Tensor[], kwargs: Record<string, unknown>): Tensor {
    return tf.tidy(() => {
      const x = Array.isArray(inputs) ? inputs[0]! : inputs;
      if (contextOf(kwargs).mode === 'infer' || this.settings.rate === 0) return tf.clone(x);
      return tf.mul(x, this.maskOf(x.shape, kwargs.masks as Masks | null | undefined));
    });
  }

  private maskOf(shape: readonly number[], masks: Masks | null | undefined): Tensor {
    if (masks === undefined) {
      return this.mask(shape, foldKey(keyFromSeed(0), 'dropout', this.name, this.batches++));
    }
    const given = masks?.take(this, shape);
    if (given) return given;
    throw new OverparamError(
      'missing-mask',
      `The dropout layer "${this.name}" was run in training without a mask. Draw masks with dropoutMasks(model, batch, key) and hand them to forward as { masks }.`,
    );
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...(this.settings as unknown as tf.serialization.ConfigDict) };
  }
}
tf.serialization.registerClass(DropoutLayer);

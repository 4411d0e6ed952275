import type * as tf from '@tensorflow/tfjs';
import type { Fitting } from '../fit';
import type { PublishedSettings } from '../published/collapse-blocks';
import type { PlainForward } from '../published/plain-forward';

/** What is asked of a network that is built for tensors. */
export interface BuildRequest extends PublishedSettings {
  /** Height and width of images. */
  readonly size: readonly [number, number];
}

/** A network that PyTorch's tensors are read into. */
export interface Architecture {
  readonly name: string;
  /** One line for lists. */
  readonly summary: string;
  /** Height and width of images where none are given. */
  readonly size: readonly [number, number];
  /** Whether a state dict's names are this network's. */
  recognises(has: (name: string) => boolean): boolean;
  /**
   * The network with its weights, all blocks being collapsed already. The caller disposes.
   *
   * @throws OverparamError `names-mismatch`, `shapes-mismatch`
   */
  build(fitting: Fitting, request: BuildRequest): tf.LayersModel;
  /**
   * What the published code computes from the file's own tensors, expanded blocks included.
   *
   * @param x  `[n, h, w, 3]`
   * @returns  of the shape of the network's output
   */
  forward(plain: PlainForward, x: tf.Tensor4D): tf.Tensor;
  /** Names that need not be taken, such as those of a head that is only for training. */
  readonly ignored: RegExp;
}

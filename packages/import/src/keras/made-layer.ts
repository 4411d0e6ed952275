import type * as tf from '@tensorflow/tfjs';
import type { SourceTensor } from '../tensors';
import type { LayerConfig } from './layer-config';

/** A layer of Keras as layers of TensorFlow.js. */
export interface MadeLayer {
  /** One after the other; the first takes the inputs. */
  readonly layers: readonly tf.layers.Layer[];
  /** Its weights in the order of Keras: name, and shape in the file. */
  readonly weights: readonly (readonly [name: string, shape: readonly number[]])[];
  /** Sets the weights, which have been found to be of those shapes, once the layers are built. */
  load(tensors: readonly SourceTensor[]): void;
}

/** Makes a layer for inputs of some shapes; the first axis is the batch. */
export type LayerMaker = (config: LayerConfig, name: string, shapes: readonly tf.Shape[]) => MadeLayer;

/** Layers without weights. */
export function plainLayers(...layers: tf.layers.Layer[]): MadeLayer {
  return { layers, weights: [], load: () => {} };
}

/** The size of a shape's last axis. */
export function channelsOf(config: LayerConfig, shape: tf.Shape | undefined): number {
  const channels = shape?.at(-1) ?? null;
  if (channels === null) throw config.refuse('the number of channels of its input is open.');
  return channels;
}

/** The numbers of a tensor of floating-point numbers. */
export function numbers(tensor: SourceTensor): ArrayLike<number> {
  return tensor.data as Float32Array;
}

/** Refuses images whose channels come first. */
export function channelsLast(config: LayerConfig): void {
  config.only('data_format', 'channels_last', 'Save the network with its channels last.');
}

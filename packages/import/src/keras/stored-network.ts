import type { NetworkMetadata } from '@overparam/export';
import type { SourceTensor } from '../tensors';
import type { Dialect } from './layer-config';

/** A layer as a file describes it. */
export interface StoredLayer {
  readonly kind: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** The layers of a network in a network; null for others. */
  readonly inner: StoredGraph | null;
  /** What each of its calls takes; empty in a sequence. */
  readonly calls: readonly (readonly Reference[])[];
}

/** An output of a layer's call. */
export interface Reference {
  readonly layer: string;
  readonly call: number;
  readonly output: number;
}

/** Layers and how they are joined. */
export interface StoredGraph {
  readonly layers: readonly StoredLayer[];
  /** Null for a sequence. */
  readonly ends: { readonly inputs: readonly Reference[]; readonly outputs: readonly Reference[] } | null;
}

/** A network as a file holds it. */
export interface StoredNetwork {
  readonly name: string;
  readonly graph: StoredGraph;
  readonly dialect: Dialect;
  /** What a folder of this project says of itself; absent for other files. */
  readonly about?: NetworkMetadata;
  /** The SHA-256 of such a folder's weights. */
  readonly weightsSha256?: string;
  /** All weights by their places in the file. */
  readonly tensors: ReadonlyMap<string, SourceTensor>;
  /**
   * Finds a layer's weights.
   *
   * @param path   names of the networks that it lies in, and its own
   * @param place  for each of them, which layer of its network it is
   * @param names  of the weights, in Keras's order
   * @returns      null for one that is not there
   */
  weights(
    path: readonly string[],
    place: readonly number[],
    names: readonly string[],
  ): readonly (SourceTensor | null)[];
}

import type { NetworkMetadata } from '@overparam/export';
import type * as tf from '@tensorflow/tfjs';

/** A network that was read, and what is known of it. */
export interface ImportedNetwork {
  /** The caller disposes. */
  readonly model: tf.LayersModel;
  /** `collapsed` where the file held expanded blocks, else `plain`. */
  readonly role: 'collapsed' | 'plain';
  readonly architecture: string;
  /** max|difference| / max|reference| against what the file's own tensors compute; null where only a program could say. */
  readonly gap: number | null;
  /** The methods that expanded blocks were of, and how many there were of each. */
  readonly blocks: Readonly<Record<string, number>>;
  /** What a folder of this project says of itself; absent for other files. */
  readonly about?: NetworkMetadata;
  /** Names in the file that the network does not need. */
  readonly ignored: readonly string[];
  /** What the file does not say and was taken to be so. */
  readonly settings: Readonly<Record<string, string | number>>;
}

import type { NetworkMetadata } from '@overparam/export';
import type * as tf from '@tensorflow/tfjs';

/** What is asked of a format beside the network; each has its own use of it. */
export interface FormatOptions {
  /** Examples at a time, or `free`, the default. */
  readonly batch?: number | 'free';
  /** Whether pictures of bytes go in: the network's own normalisation becomes part of it. ONNX alone. */
  readonly preprocessing?: boolean;
  /** Names of tensors: `overparam`, the default, or `torchvision`. PyTorch alone. */
  readonly names?: 'overparam' | 'torchvision';
}

/** How far the network that was read back is from the one that was written. */
export interface OutputGap {
  readonly output: string;
  /** max|difference| / max|reference|. */
  readonly gap: number;
  /** The same without the farthest thousandth of all places. */
  readonly gapOfMost: number;
}

/** What reading back came to. */
export interface ReadBack {
  /** What read it, such as `ONNX Runtime 1.30.0`. */
  readonly by: string;
  readonly outputs: readonly OutputGap[];
}

/** A network on its way into a format. */
export interface Exported {
  /** A folder that is there and empty. */
  readonly folder: string;
  readonly model: tf.LayersModel;
  readonly about: NetworkMetadata;
  readonly options: FormatOptions;
  /** Inputs to compare on; borrowed. */
  readonly probes: readonly tf.Tensor[];
  /** What the network makes of them; borrowed. */
  readonly expected: readonly tf.Tensor[];
}

/** A format that networks are written in. */
export interface Writer {
  readonly name: string;
  /** One line for lists. */
  readonly summary: string;
  /** What becomes of norms where nothing is said. */
  readonly norms: 'fold' | 'keep';
  /** Writes the files and reads them back. */
  write(exported: Exported): Promise<ReadBack>;
}

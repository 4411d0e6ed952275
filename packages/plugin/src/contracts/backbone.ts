import type { Key, OptionsSchema } from '@overparam/engine';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs';
import type { LabelSpec } from './task';

/** The layers from a network's features to one task's output. */
export interface Head {
  readonly name: string;
  /**
   * Whether it can serve a task, asked when a network is built: true, or the reason why not, as the end of a sentence
   * about the head. Absent where it serves every task.
   */
  supports?(task: Omit<NetworkTask, 'head'>): true | string;
  /** The fewest images that a batch of training may hold, and why; absent where one is enough. */
  readonly leastBatch?: { readonly images: number; readonly reason: string };
  /**
   * Adds the layers and gives their output, of `given.outputs` channels and, for labels that are images, of the
   * input's size. Every layer's name begins with `<task>_`. The backbone sets all kernels and biases afterwards,
   * from the network's key.
   *
   * @param features  `[n, h, w, channels]`, possibly smaller than the input
   */
  build(
    features: SymbolicTensor,
    given: {
      readonly task: string;
      readonly kind: string;
      readonly outputs: number;
      /** Height and width of the network's input. */
      readonly size: readonly [number, number];
    },
  ): SymbolicTensor;
}

/** A head that a config can name, with its options. */
export interface HeadKind<Options = unknown> {
  readonly apiVersion: 1;
  readonly name: string;
  /** One line for lists. */
  readonly summary: string;
  readonly options: OptionsSchema<Options>;
  /** The head for options that are checked and have their defaults. */
  make(options: Options): Head;
}

/** A task as a backbone sees it. */
export interface NetworkTask {
  readonly name: string;
  readonly kind: string;
  readonly outputs: number;
  /** The labels' form, where it is known: it tells kinds that a backbone does not know apart. */
  readonly label?: LabelSpec;
  /** The backbone's own head for this kind of task where left out. */
  readonly head?: Head;
}

/** What a network is built for. */
export interface NetworkShape {
  /** `[h, w, channels]` */
  readonly inputShape: readonly [number, number, number];
  /** One output a task, in this order. */
  readonly tasks: readonly NetworkTask[];
  /** Decides every initial weight. */
  readonly key: Key;
}

/** A plain network, ready to be expanded. */
export interface Network {
  /** One output for each task, in their order; the caller disposes. */
  readonly model: LayersModel;
  /**
   * Names of the layers whose outputs all tasks share, for balancers that work on representations: together they
   * separate the shared layers from those that belong to a task. Empty where no such border exists.
   */
  readonly representations: readonly string[];
  /** The task that a layer belongs to, as no other task's loss reaches it; null for a shared layer. */
  owner(layer: string): string | null;
}

/** A network architecture. */
export interface Backbone<Options = unknown> {
  readonly apiVersion: 1;
  readonly name: string;
  readonly summary: string;
  readonly options: OptionsSchema<Options>;
  /** A new network with its first weights, which follow from the shape's key alone. */
  build(shape: NetworkShape, options: Options): Network;
}

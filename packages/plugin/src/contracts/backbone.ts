import type { Key, OptionsSchema } from '@overparam/engine';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs';
import type { PartSource } from './source';
import type { Task, TaskForm } from './task';

/** A task as a backbone sees it: what its answer is like, and no word of what it is about. Every `Task` is one. */
export interface NetworkTask extends Pick<Task, 'name' | 'form' | 'outputs' | 'unitLength'> {
  /** The backbone's own head for this form where left out. */
  readonly head?: Head;
}

/** The layers from a network's features to one task's output. */
export interface Head {
  readonly name: string;
  /** The forms of tasks that it gives answers to. */
  readonly forms: readonly TaskForm[];
  /**
   * Whether it can serve a task of one of these forms, asked when a network is built: true, or the reason why not, as
   * the end of a sentence about the head. Absent where it serves every such task.
   */
  supports?(task: NetworkTask): true | string;
  /**
   * Whether it takes nothing of the features but their mean over the image. A backbone may then hand over that mean,
   * `[n, channels]`, which its tasks share.
   */
  readonly takesMean?: boolean;
  /** The fewest images that a batch of training may hold, and why; absent where one is enough. */
  readonly leastBatch?: { readonly images: number; readonly reason: string };
  /**
   * Adds the layers and gives their output: `[n, outputs]` for the forms `class` and `vector`, `[n, h, w, outputs]` of
   * the input's size for `dense`, each of length 1 along its last axis where the task asks for that. Every layer's name
   * begins with `<task>_`. The backbone sets all kernels and biases afterwards, from the network's key.
   *
   * @param features  `[n, h, w, channels]`, possibly smaller than the input; or see {@link takesMean}
   * @param size      height and width of the network's input
   */
  build(features: SymbolicTensor, task: NetworkTask, size: readonly [number, number]): SymbolicTensor;
}

/** A head that a config can name, with its options. */
export interface HeadKind<Options = unknown> {
  readonly apiVersion: 1;
  readonly name: string;
  /** One line for lists. */
  readonly summary: string;
  /** The paper that it comes from; left out where it comes from none. */
  readonly source?: PartSource;
  readonly options: OptionsSchema<Options>;
  /** The head for options that are checked and have their defaults. */
  make(options: Options): Head;
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
   * separate the shared layers with weights, and those behind them, from the layers that belong to a task. Empty where no
   * such border exists.
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
  /** The paper that it comes from; left out where it comes from none. */
  readonly source?: PartSource;
  readonly options: OptionsSchema<Options>;
  /** Names of its options that are paths, which start from the config's folder; none where left out. */
  readonly paths?: readonly string[];
  /**
   * Reads what {@link build} needs beside its options, such as a file; called once for each config before anything is built.
   *
   * @param folder  where its {@link paths} start from
   * @returns       the options as a run's config keeps them, with a checksum of what was read, say
   */
  prepare?(options: Options, folder: string): Promise<Options>;
  /**
   * The networks that its own began as, the latest first, as saved networks say of themselves: JSON values such as file,
   * checksum and method. None where left out.
   *
   * @param options  as {@link prepare} gave them
   */
  ancestors?(options: Options): readonly Readonly<Record<string, unknown>>[];
  /** A new network with its first weights, which follow from the shape's key and its options alone. */
  build(shape: NetworkShape, options: Options): Network;
}

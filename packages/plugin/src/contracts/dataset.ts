import type { Key, OptionsSchema } from '@overparam/engine';
import type { PartSource } from './source';
import type { LabelSpec } from './task';

/** Numbers of one tensor of a batch, without the batch axis in `shape`. */
export interface BatchPart {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
}

/** One split, opened. */
export interface Split<Example> {
  /** Number of examples. */
  readonly size: number;
  /** Example `index`, 0 up to `size - 1`. */
  example(index: number): Example | Promise<Example>;
}

/** One example that is wanted, and the key that it is augmented with; null to leave it as it is. */
export interface Wanted {
  readonly index: number;
  readonly key: Key | null;
}

/** A task that a dataset has labels for. */
export interface DatasetTask {
  readonly name: string;
  /**
   * What makes a `Task` of it: `classification`, `segmentation`, `depth`, `normals` or `regression`, which come with
   * `@overparam/mtl-heads`, or a kind that a plugin declares under `tasks`.
   */
  readonly kind: string;
  /** Number of classes, of numbers, or of channels where the label is an image. */
  readonly outputs: number;
  readonly label: LabelSpec;
  /** Class names, where there are classes. */
  readonly classes?: readonly string[];
}

/** A dataset, opened: what a run reads. */
export interface OpenDataset<Example = unknown> {
  /** `[h, w, channels]` of what {@link input} writes. */
  readonly inputShape: readonly [number, number, number];
  readonly tasks: readonly DatasetTask[];
  /**
   * How {@link input} follows from a picture of bytes, `(pixel / 255 - mean) / std` by channel, for those who use a trained
   * network elsewhere; absent where it follows from something else.
   */
  readonly normalisation?: { readonly mean: readonly number[]; readonly std: readonly number[] };
  /** At least `train` and `test`. */
  readonly splits: Readonly<Record<string, Split<Example>>>;
  /** How the data was obtained, for reports: source, counts, checksum. */
  readonly provenance: string;
  /** A changed copy of an example; a pure function of both. */
  augment(example: Example, key: Key): Example;
  /**
   * Reads several examples and augments each, on other threads: the same values, in the order asked for, as `example` and
   * `augment` give one by one, whatever the number of threads. For a loop that asks for a batch before it needs it. Absent
   * where reading is quick.
   */
  prepare?(split: string, wanted: readonly Wanted[]): Promise<readonly Example[]>;
  /** Writes the network's input of an example, normalised, at `offset` of `target`. */
  input(example: Example, target: Float32Array, offset: number): void;
  /** Writes a task's label of an example at `offset` of `target`. */
  label(example: Example, task: string, target: Float32Array | Int32Array, offset: number): void;
  /** Gives back what was opened; nothing may be read after it. */
  close(): void | Promise<void>;
}

/** Where a dataset may look and write. */
export interface DatasetContext {
  /** Folder of all datasets, given by `--data-dir`. */
  readonly dataDir: string;
  /** Reports work in bytes or examples; called often. */
  readonly progress?: (done: number, total: number, what: string) => void;
  readonly signal?: AbortSignal;
  /** Tells what a user should know, such as that a damaged cache is made again; a warning of the process where absent. */
  readonly note?: (text: string) => void;
}

/** The outcome of one check of a dataset. */
export interface DatasetCheck {
  readonly what: string;
  readonly ok: boolean;
  /** What was found, and what to do where it is not ok. */
  readonly detail: string;
}

/** A source of examples, with splits, labels and augmentation. */
export interface Dataset<Options = unknown, Example = unknown> {
  readonly apiVersion: 1;
  readonly name: string;
  readonly summary: string;
  /** The paper that it comes from; left out where it comes from none. */
  readonly source?: PartSource;
  readonly options: OptionsSchema<Options>;
  /** Opens all splits; fails where a file is missing or not the expected one. */
  open(options: Options, context: DatasetContext): Promise<OpenDataset<Example>>;
  /**
   * Says whether what {@link open} needs is there, without reading it: within a second or so, without the network, and
   * without writing anything. That something is missing is an answer, not an error: `ok` is false, and `detail` says what to do.
   * Whether what is there is sound is for {@link verify} to say. Absent where nobody can tell without reading.
   */
  present?(options: Options, context: DatasetContext): Promise<DatasetCheck>;
  /** Checks files, counts and checksums. */
  verify(options: Options, context: DatasetContext): Promise<readonly DatasetCheck[]>;
  /** Downloads into `context.dataDir`; safe to interrupt and to run again. Absent where nothing can be fetched. */
  get?(options: Options, context: DatasetContext): Promise<void>;
}

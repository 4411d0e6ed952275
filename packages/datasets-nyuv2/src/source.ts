import type { RawScene } from './numbers';
import type { OfficialSplit } from './scene';

/** Scenes in one of the forms that they are published in. */
export interface SceneSource {
  /** For reports: which form, and what is special about it. */
  readonly title: string;
  /** Decides whether what was kept from another start is still right: files, sizes, times. */
  readonly fingerprint: string;
  /** How many scenes there are; of an archive known only when it is unpacked. */
  counts(): Promise<Readonly<Record<OfficialSplit, number>>>;
  /** Scene `index` of a split; quickest in order. */
  scene(split: OfficialSplit, index: number): Promise<RawScene>;
  close(): Promise<void>;
}

/** The names of sources in the option `source`. */
export const sourceNames = ['folders', 'archive', 'mat', 'parquet'] as const satisfies readonly SourceName[];

/** One of the forms that this package reads. */
export type SourceName = 'folders' | 'archive' | 'mat' | 'parquet';

/** Opens a form found in `folder`, or gives null where it is not there. */
export type FindSource = (folder: string) => Promise<SceneSource | null>;

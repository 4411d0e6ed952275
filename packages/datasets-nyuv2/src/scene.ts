/** The tasks of this dataset, in the order in which they are listed. */
export const taskNames = ['segmentation', 'depth', 'normals'] as const satisfies readonly TaskName[];

/** One of the three tasks. */
export type TaskName = 'segmentation' | 'depth' | 'normals';

/** The two splits that the published files have; the folder of `test` is called `val`. */
export type OfficialSplit = 'train' | 'test';

/** How many scenes the published splits have. */
export const officialCounts: Readonly<Record<OfficialSplit, number>> = { train: 795, test: 654 };

/** The folder, or the beginning of a file's name, of a split. */
export const folderOfSplit: Readonly<Record<OfficialSplit, string>> = { train: 'train', test: 'val' };

/** One scene as it is kept: checked, height x width x channel, a missing label is null. */
export interface Scene {
  readonly height: number;
  readonly width: number;
  /** `[h, w, 3]`, red green blue: bytes 0 to 255, or floats 0 to 1. */
  readonly image: Uint8Array | Float32Array;
  /** `[h, w]`, -1 (void) to 12. */
  readonly segmentation: Int8Array | null;
  /** `[h, w]`, metres; 0 where it is not known. */
  readonly depth: Float32Array | null;
  /** `[h, w, 3]`, x right, y up, z to the viewer: in 127ths, or floats; all 0 where it is not known. */
  readonly normals: Int8Array | Float32Array | null;
}

/** One scene as a run reads it; what is not known is -1 or 0 as in scene, also for a missing label. */
export interface NyuExample {
  readonly height: number;
  readonly width: number;
  /** `[h, w, 3]`, red green blue, 0 to 1. */
  readonly image: Float32Array;
  /** `[h, w]`, -1 (void) to 12. */
  readonly segmentation: Int8Array;
  /** `[h, w]`, metres; 0 where it is not known. */
  readonly depth: Float32Array;
  /** `[h, w, 3]`, x right, y up, z to the viewer; all 0 where it is not known. */
  readonly normals: Float32Array;
}

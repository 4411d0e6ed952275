import { classes13 } from './classes';
import type { Scene, TaskName } from './scene';

/** Lowest and highest value; null where there was none, as JSON has no infinity. */
export type Range = readonly [number, number] | null;

/** What was found in the scenes of a split: what JSON holds, as it is kept in the header of a cache. */
export interface Statistics {
  readonly scenes: number;
  /** Scenes with a label, by task. */
  readonly labelled: Readonly<Record<TaskName, number>>;
  /** Of all pixels of labelled scenes the share without a valid label, by task; null without labelled scenes. */
  readonly invalid: Readonly<Record<TaskName, number | null>>;
  /** Pixels of each class. */
  readonly classPixels: readonly number[];
  /** Lowest and highest valid depth, metres. */
  readonly depth: Range;
  /** Shortest and longest valid normal. */
  readonly normalLength: Range;
  /** Lowest and highest value of an image, 0 to 1. */
  readonly image: Range;
}

/** Collects {@link Statistics} over scenes. */
export function collectStatistics() {
  let scenes = 0;
  const labelled = { segmentation: 0, depth: 0, normals: 0 };
  const pixels = { segmentation: 0, depth: 0, normals: 0 };
  const bad = { segmentation: 0, depth: 0, normals: 0 };
  const classPixels = classes13.map(() => 0);
  const depth = emptyRange();
  const normalLength = emptyRange();
  const image = emptyRange();
  return {
    add(scene: Scene): void {
      scenes++;
      const count = scene.height * scene.width;
      const unit = scene.image instanceof Uint8Array ? 255 : 1;
      for (const value of scene.image) widen(image, value / unit);
      for (const task of ['segmentation', 'depth', 'normals'] as const) {
        if (scene[task] === null) continue;
        labelled[task]++;
        pixels[task] += count;
      }
      for (const label of scene.segmentation ?? []) {
        if (label < 0) bad.segmentation++;
        else classPixels[label]!++;
      }
      for (const metres of scene.depth ?? []) {
        if (metres > 0) widen(depth, metres);
        else bad.depth++;
      }
      if (scene.normals !== null) bad.normals += lengths(scene.normals, normalLength);
    },
    result(): Statistics {
      const share = (task: TaskName) => (pixels[task] === 0 ? null : bad[task] / pixels[task]);
      const invalid = {
        segmentation: share('segmentation'),
        depth: share('depth'),
        normals: share('normals'),
      };
      return {
        scenes,
        labelled,
        invalid,
        classPixels,
        depth: rangeOf(depth),
        normalLength: rangeOf(normalLength),
        image: rangeOf(image),
      };
    },
  };
}

function emptyRange(): [number, number] {
  return [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
}

function rangeOf([low, high]: readonly [number, number]): Range {
  return low <= high ? [low, high] : null;
}

function widen(range: [number, number], value: number): void {
  if (value < range[0]) range[0] = value;
  if (value > range[1]) range[1] = value;
}

/** Takes in the lengths of the valid normals; returns how many are not valid. */
function lengths(normals: Int8Array | Float32Array, range: [number, number]): number {
  const unit = normals instanceof Int8Array ? 127 : 1;
  let bad = 0;
  for (let i = 0; i < normals.length; i += 3) {
    const length = Math.sqrt(normals[i]! ** 2 + normals[i + 1]! ** 2 + normals[i + 2]! ** 2) / unit;
    if (length > 0) widen(range, length);
    else bad++;
  }
  return bad;
}

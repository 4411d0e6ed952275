import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Numbers } from '@overparam/dataset-files';
import { OverparamError } from '@overparam/errors';
import { officialClasses, officialTo13 } from './classes';
import { openHdf5 } from './hdf5';
import { officialFrames, officialSplits } from './official-splits';
import { officialCamera, planeNormals } from './plane-normals';
import type { FindSource } from './source';

/** The official file of 1,449 labelled frames. */
export const labelledFile = 'nyu_depth_v2_labeled.mat';

const frame = { height: 480, width: 640 } as const;
/** The part of a frame where the projected depth is valid: the toolbox's rows 45 to 471 and columns 41 to 601. */
const valid = { top: 44, left: 40, height: 427, width: 561 } as const;

/**
 * The official labelled file (MATLAB 7.3, which is HDF5) in its official splits. The white border is cut off; 894
 * classes become 13; depth is the filled-in one; normals are computed from it by plane fits.
 */
export const findMat: FindSource = async (folder) => {
  const path = join(folder, labelledFile);
  const info = await stat(path).catch(() => null);
  if (info === null) return null;
  const splits = officialSplits();
  const fail = (problem: string, cause?: unknown) =>
    new OverparamError('data-format', `${path}: ${problem} Expected the official labelled file.`, { cause });
  const file = await openHdf5(path, fail);
  const array = (name: string, shape: readonly number[]) => {
    const found = file.array(name);
    const expected = [officialFrames, ...shape];
    if (found.shape.join() !== expected.join()) {
      throw fail(`"${name}" has shape [${found.shape}], expected [${expected}].`);
    }
    return (index: number) => found.slice([[index, index + 1], ...shape.map((size) => [0, size] as const)]);
  };
  // MATLAB's order of axes, turned round.
  const plane = [frame.width, frame.height];
  const readers = () => ({
    images: array('images', [3, ...plane]),
    depths: array('depths', plane),
    labels: array('labels', plane),
  });
  let arrays: ReturnType<typeof readers>;
  try {
    arrays = readers();
  } catch (error) {
    file.close();
    throw error;
  }
  const { images, depths, labels } = arrays;
  const to13 = officialTo13();
  return {
    title: `NYUv2, the official labelled file ${path}; normals computed from depth, not the published ones`,
    fingerprint: createHash('sha256')
      .update(JSON.stringify([info.size, info.mtimeMs, splits]))
      .digest('hex'),
    counts: async () => ({ train: splits.train.length, test: splits.test.length }),
    async scene(split, index) {
      const at = splits[split][index]! - 1;
      const name = (array: string) => `${path}, frame ${at + 1}: ${array}`;
      const depth = transpose(Float32Array.from(depths(at)), 1);
      const found = transpose(Float32Array.from(labels(at)), 1);
      const segmentation = Int8Array.from(found, (label) => {
        if (label <= officialClasses) return to13[label]!;
        throw new OverparamError(
          'data-label',
          `${name('labels')}: holds label ${label}, expected 0 to ${officialClasses}: the file is damaged.`,
        );
      });
      const pixels = Uint8Array.from(images(at));
      return {
        image: cut(transpose(pixels, 3), 3),
        segmentation: cut(segmentation, 1),
        depth: cut(depth, 1),
        normals: cut(planeNormals(depth, frame.height, frame.width, officialCamera), 3),
        names: {
          image: name('images'),
          segmentation: name('labels'),
          depth: name('depths'),
          normals: name('normals from depths'),
        },
      };
    },
    async close() {
      file.close();
    },
  };
};

/** `[channels, width, height]` to `[height, width, channels]`. */
function transpose<T extends Uint8Array | Float32Array>(from: T, channels: number): T {
  const { height, width } = frame;
  const result = from.slice() as T;
  let at = 0;
  for (let c = 0; c < channels; c++) {
    for (let x = 0; x < width; x++) {
      for (let y = 0; y < height; y++) result[(y * width + x) * channels + c] = from[at++]!;
    }
  }
  return result;
}

function cut(data: Uint8Array | Int8Array | Float32Array, channels: number): Numbers {
  const { top, left, height, width } = valid;
  const result = data.slice(0, height * width * channels);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * frame.width + left) * channels;
    result.set(data.subarray(from, from + width * channels), y * width * channels);
  }
  return { shape: [height, width, channels], data: result };
}

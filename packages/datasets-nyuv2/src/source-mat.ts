import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OverparamError } from '@overparam/errors';
import { officialClasses, officialTo13 } from './classes';
import type { Numbers } from './numbers';
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
  if (!(await isHdf5(path))) throw fail('is no HDF5 file (wrong first bytes).');
  const { default: h5wasm } = await import('h5wasm/node');
  await h5wasm.ready;
  let file: InstanceType<typeof h5wasm.File>;
  try {
    file = new h5wasm.File(path, 'r');
  } catch (cause) {
    throw fail(`cannot be opened as HDF5 (${(cause as Error).message}).`, cause);
  }
  const dataset = (name: string, shape: readonly number[]) => {
    const found = file.get(name);
    if (!(found instanceof h5wasm.Dataset)) throw fail(`has no array "${name}".`);
    const [count, ...rest] = found.shape ?? [];
    if (rest.join() !== shape.join() || count !== officialFrames) {
      throw fail(`"${name}" has shape [${found.shape}], expected [${[officialFrames, ...shape]}].`);
    }
    return (index: number, range: readonly number[]) => {
      const part = found.slice([[index, index + 1], ...range.map((size): [number, number] => [0, size])]);
      if (!(part instanceof Uint8Array || part instanceof Uint16Array || part instanceof Float32Array)) {
        throw fail(`"${name}" holds numbers of another type.`);
      }
      return part;
    };
  };
  // MATLAB's order of axes, turned round.
  const plane = [frame.width, frame.height];
  const readers = () => ({
    images: dataset('images', [3, ...plane]),
    depths: dataset('depths', plane),
    labels: dataset('labels', plane),
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
      const depth = transpose(Float32Array.from(depths(at, plane)), 1);
      const found = transpose(Float32Array.from(labels(at, plane)), 1);
      const segmentation = Int8Array.from(found, (label) => {
        if (label <= officialClasses) return to13[label]!;
        throw new OverparamError(
          'data-label',
          `${name('labels')}: holds label ${label}, expected 0 to ${officialClasses}: the file is damaged.`,
        );
      });
      const pixels = Uint8Array.from(images(at, [3, ...plane]));
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

/** MATLAB puts 512 bytes of its own before the HDF5 file; the library would print its own messages first. */
async function isHdf5(path: string): Promise<boolean> {
  const signature = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');
  const file = await open(path, 'r');
  try {
    const bytes = Buffer.alloc(520);
    await file.read(bytes, 0, 520, 0);
    return bytes.subarray(0, 8).equals(signature) || bytes.subarray(512).equals(signature);
  } finally {
    await file.close();
  }
}

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

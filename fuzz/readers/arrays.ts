import { join } from 'node:path';
import { OverparamError } from '@overparam/errors';
import { readNpy } from '../../packages/dataset-files/src/npy';
import { checkScene } from '../../packages/datasets-nyuv2/src/check-scene';
import { openHdf5 } from '../../packages/datasets-nyuv2/src/hdf5';
import { findParquet } from '../../packages/datasets-nyuv2/src/source-parquet';
import { changeBytes } from '../mutations/bytes';
import type { Target } from '../mutations/target';
import { checkArray, fileOf, fixture } from './files';

const tests = 'datasets-nyuv2/test/fixtures';

async function npyFiles(): Promise<Buffer[]> {
  const files = JSON.parse((await fixture(`${tests}/npy.json`)).toString()) as {
    readonly file: string;
    readonly refused?: boolean;
  }[];
  return files.filter(({ refused }) => !refused).map(({ file }) => Buffer.from(file, 'base64'));
}

/** A NumPy file of bytes, as scenes have them. */
function npyOf(shape: readonly number[], type: string, bytes: Uint8Array): Buffer {
  const header = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`;
  const text = `${header.padEnd(117)}\n`;
  const head = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length, 0]);
  return Buffer.concat([head, Buffer.from(text, 'latin1'), bytes]);
}

const [height, width] = [12, 16];
const labels = npyOf(
  [height, width],
  '|i1',
  Uint8Array.from({ length: height * width }, (_, i) => i % 13),
);
const depth = npyOf(
  [height, width, 1],
  '<f4',
  new Uint8Array(Float32Array.from({ length: height * width }, (_, i) => 1 + (i % 7)).buffer),
);
const image = npyOf(
  [height, width, 3],
  '|u1',
  Uint8Array.from({ length: 3 * height * width }, (_, i) => i % 251),
);

/** Files of arrays, and scenes made of them. */
export const arrays: readonly Target[] = [
  {
    name: 'npy',
    sealed: false,
    samples: npyFiles,
    change: changeBytes,
    read: async (bytes) => readNpy(bytes, 'a.npy'),
    check: checkArray,
  },
  {
    name: 'scene',
    sealed: false,
    samples: async () => [image, labels, depth],
    change: changeBytes,
    async read(bytes) {
      const numbers = readNpy(bytes, 'a.npy');
      const part = numbers.shape.length === 2 ? 'segmentation' : numbers.shape[2] === 1 ? 'depth' : 'image';
      const raw = {
        image: readNpy(image, 'image'),
        segmentation: readNpy(labels, 'segmentation'),
        depth: readNpy(depth, 'depth'),
        normals: null,
        names: { image: 'image', segmentation: 'segmentation', depth: 'depth', normals: 'normals' },
        [part]: numbers,
      };
      return checkScene(raw, ['segmentation', 'depth'], true);
    },
    check(value) {
      const scene = value as ReturnType<typeof checkScene>;
      if (!scene.segmentation?.every((label) => label >= -1 && label <= 12)) return 'labels out of range';
      if (!scene.depth?.every((metres) => metres >= 0 && metres <= 100)) return 'depths out of range';
      return scene.image.length === 3 * scene.height * scene.width ? null : 'an image of another size';
    },
  },
  {
    name: 'mat',
    sealed: false,
    samples: async () => [await fixture(`${tests}/nyu_depth_v2_labeled.mat`)],
    change: changeBytes,
    async read(bytes, folder) {
      const path = await fileOf(folder, 'a.mat', bytes);
      const fail = (problem: string) => new OverparamError('data-format', problem);
      const file = await openHdf5(path, fail);
      try {
        const found = ['images', 'labels', 'depths'].map((name) => {
          const array = file.array(name);
          const [frames = 0, ...sides] = array.shape;
          if (![1, 2, 3].includes(sides.length) || frames < 3) throw fail('has another shape');
          const parts = sides.map((size) => [0, Math.min(size, 640)] as const);
          return { shape: parts.map(([, size]) => size), data: array.slice([[2, 3], ...parts]) };
        });
        return found;
      } finally {
        file.close();
      }
    },
    check: (value) => (value as unknown[]).map(checkArray).find((problem) => problem !== null) ?? null,
  },
  {
    name: 'parquet',
    sealed: false,
    samples: async () => [await fixture(`${tests}/val-00000-of-00001.parquet`)],
    change: changeBytes,
    async read(bytes, folder) {
      await fileOf(folder, 'val-00000-of-00001.parquet', bytes);
      const source = (await findParquet(join(folder, '.')))!;
      const { test } = await source.counts();
      if (test > 100) throw new OverparamError('data-count', 'holds more scenes than expected');
      const scenes = [];
      for (let index = 0; index < test; index++) {
        const scene = await source.scene('test', index);
        scenes.push(checkScene(scene, ['segmentation', 'depth', 'normals'], false));
      }
      return scenes;
    },
  },
];

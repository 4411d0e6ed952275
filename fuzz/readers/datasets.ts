import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { OverparamError } from '@overparam/errors';
import { parseOptions } from '@overparam/plugin';
import { readFiles } from '../../packages/datasets-cifar/src/read';
import { sampleDataset as cifarSample } from '../../packages/datasets-cifar/src/sample';
import { type CifarSpec, labelField } from '../../packages/datasets-cifar/src/spec';
import { cacheSum, findCache, headerBytes } from '../../packages/datasets-nyuv2/src/cache-file';
import { encodeRecord, type RecordFormat } from '../../packages/datasets-nyuv2/src/record';
import { sampleDataset as scenesSample } from '../../packages/datasets-nyuv2/src/sample';
import { changeBytes } from '../mutations/bytes';
import type { Target } from '../mutations/target';
import { fileOf, fixture } from './files';

/** Twelve records of CIFAR-10's form. */
const records = Buffer.from(
  Array.from({ length: 12 * 3073 }, (_, i) => (i % 3073 === 0 ? (i / 3073) % 3 : (i * 31) % 251)),
);
const hex = createHash('sha256').update(records).digest('hex');

const spec: CifarSpec = {
  name: 'tiny',
  title: 'Tiny',
  archive: { name: 'tiny.tar.gz', url: 'http://127.0.0.1:9/', md5: '', bytes: 1, folder: 'tiny' },
  files: ['train', 'test'].map((split) => ({
    name: `${split}.bin`,
    split: split as 'train' | 'test',
    records: 12,
    checksum: { algorithm: 'sha256', hex },
  })),
  labelBytes: 1,
  labels: { class: labelField(0, ['a', 'b', 'c']) },
  mean: [0.5, 0.5, 0.5],
  std: [1, 1, 1],
};

const format: RecordFormat = { height: 6, width: 8, image: 'u8', depth: 'f16', normals: 'i8' };
const identity = '1'.repeat(64);

/** A cache of two scenes, as it is written. */
function cacheFile(): Buffer {
  const pixels = format.height * format.width;
  const sum = cacheSum();
  const scenes = [3, 5].map((factor) => {
    const record = encodeRecord(
      {
        ...format,
        image: Uint8Array.from({ length: 3 * pixels }, (_, i) => (i * factor) % 256),
        segmentation: Int8Array.from({ length: pixels }, (_, i) => i % 13),
        depth: Float32Array.from({ length: pixels }, (_, i) => 1 + i / 64),
        normals: Int8Array.from({ length: 3 * pixels }, (_, i) => (i * factor) % 127),
      },
      format,
    );
    sum.add(record);
    return record;
  });
  const statistics = {
    scenes: 2,
    labelled: { segmentation: 2, depth: 2, normals: 2 },
    invalid: { segmentation: 0, depth: 0, normals: 0 },
    classPixels: Array.from({ length: 13 }, () => 1),
    depth: [1, 2],
    normalLength: [0.5, 1],
    image: [0, 1],
  } as const;
  return Buffer.concat([sum.close({ identity, count: 2, format, statistics }).bytes, ...scenes]);
}

/** Datasets as they are published, shipped and kept. */
export const datasets: readonly Target[] = [
  {
    name: 'CIFAR file',
    sealed: true,
    samples: async () => [records],
    change: changeBytes,
    async read(bytes, folder) {
      await mkdir(join(folder, 'tiny'), { recursive: true });
      await fileOf(folder, 'tiny/train.bin', bytes);
      await fileOf(folder, 'tiny/test.bin', records);
      return readFiles(spec, { dataDir: folder });
    },
  },
  {
    name: 'CIFAR-100 sample',
    sealed: true,
    samples: async () => [await fixture('datasets-cifar/data/cifar100-sample.br')],
    change: changeBytes,
    async read(bytes, folder) {
      const dataset = cifarSample(await fileOf(folder, 'sample.br', bytes));
      const { splits } = await dataset.open(parseOptions(dataset.options, {}), { dataDir: folder });
      return Promise.all([0, 99, 2499].map((index) => splits.train!.example(index)));
    },
  },
  {
    name: 'NYUv2 sample',
    sealed: true,
    samples: async () => [await fixture('datasets-nyuv2/data/nyuv2-sample.br')],
    change: changeBytes,
    async read(bytes, folder) {
      const dataset = scenesSample(await fileOf(folder, 'sample.br', bytes));
      const data = await dataset.open(parseOptions(dataset.options, { threads: 0 }), { dataDir: folder });
      try {
        return [await data.splits.train!.example(0), await data.splits.test!.example(11)];
      } finally {
        await data.close();
      }
    },
  },
  {
    name: 'NYUv2 cache',
    sealed: true,
    samples: async () => [cacheFile()],
    change: changeBytes,
    async read(bytes, folder) {
      const found = await findCache(await fileOf(folder, 'a.cache', bytes), identity, undefined, () => {});
      if (found.kind !== 'sound') throw new OverparamError('cache-damaged', found.kind);
      return [found.header, bytes.subarray(headerBytes)];
    },
  },
];

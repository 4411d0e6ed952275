import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, symlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import { parseOptions } from '@overparam/plugin';
import { expect, test } from 'vitest';
import { selectSample } from '../scripts/select-sample';
import { cifar100 } from '../src/index';
import { openRecords } from '../src/open-dataset';
import { readFiles } from '../src/read';
import { encodeRecords } from '../src/sample-codec';
import { samplePath } from '../src/sample-spec';
import { cifar100Spec } from '../src/spec';
import { emptyFolder } from './tiny';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const dataDir = resolve(root, process.env.OVERPARAM_TEST_DATA ?? '../shared/data');
const present = existsSync(join(dataDir, 'cifar100'));
if (!present)
  console.warn(
    `The complete CIFAR-100 is not in ${dataDir}: its tests are skipped (OVERPARAM_TEST_DATA names another folder).`,
  );

// One test, because unpacking takes most of its time.
test.skipIf(!present)(
  'the complete CIFAR-100 loads, verifies, and gives the shipped sample',
  async () => {
    // The folder of the test data is never written; here the unpacked form may be kept.
    const own = await emptyFolder();
    await mkdir(join(own, 'cifar100'));
    for (const name of ['train.bin', 'train.bin.xz', 'test.bin', 'test.bin.xz']) {
      const path = join(dataDir, 'cifar100', name);
      if (existsSync(path)) await symlink(path, join(own, 'cifar100', name));
    }
    const files = await readFiles(cifar100Spec, { dataDir: own });
    expect((await stat(join(own, 'cifar100', 'train.bin'))).size).toBe(153_700_000);

    const remade = selectSample(files);
    const coded = encodeRecords(Buffer.concat([remade.train, remade.test]));
    expect(Buffer.compare(coded, brotliDecompressSync(await readFile(samplePath())))).toBe(0);

    const options = parseOptions(cifar100.options, { holdOut: 5000 });
    expect((await cifar100.verify(options, { dataDir: own })).every(({ ok }) => ok)).toBe(true);
    const data = await cifar100.open(options, { dataDir: own });
    expect([data.splits.train!.size, data.splits.val!.size, data.splits.test!.size]).toEqual([
      45_000, 5000, 10_000,
    ]);

    // The first training image is of cattle, among the large omnivores and herbivores.
    for (const [labels, classes, first] of [
      ['fine', 100, 'cattle'],
      ['coarse', 20, 'large_omnivores_and_herbivores'],
    ] as const) {
      const chosen = parseOptions(cifar100.options, { labels });
      const { splits, tasks } = openRecords(
        files,
        cifar100Spec,
        cifar100Spec.labels[labels]!,
        chosen,
        'test',
      );
      expect(tasks[0]!.outputs).toBe(classes);
      expect(tasks[0]!.classes![(await splits.train!.example(0))!.label]).toBe(first);
    }

    const counts = [0, 1, 2].map(() => new Float64Array(256));
    const train = files.train[0]!;
    for (let at = 0; at < train.length; at += 3074) {
      for (let i = 0; i < 3072; i++) counts[i >> 10]![train[at + 2 + i]!]!++;
    }
    for (const [channel, histogram] of counts.entries()) {
      const total = 50_000 * 1024;
      const mean = histogram.reduce((sum, n, value) => sum + (n * value) / 255, 0) / total;
      const variance = histogram.reduce((sum, n, value) => sum + n * (value / 255 - mean) ** 2, 0) / total;
      expect(mean).toBeCloseTo(cifar100Spec.mean[channel]!, 7);
      expect(Math.sqrt(variance)).toBeCloseTo(cifar100Spec.std[channel]!, 7);
    }
  },
  400_000,
);

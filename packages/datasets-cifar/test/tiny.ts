import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { foldKey, keyFromSeed, randomBits } from '@overparam/engine';
import { parseOptions } from '@overparam/plugin';
import { onTestFinished } from 'vitest';
import { makeTar } from '../../dataset-files/test/make-tar';
import { officialDataset } from '../src/official';
import { officialSchema } from '../src/options';
import { type CifarSpec, labelField } from '../src/spec';

/** A dataset in CIFAR-10's form: 3 classes, two training files of 6 records, one test file of 3. */
export function tinyContent(): Record<string, Uint8Array> {
  const file = (seed: number, records: number) =>
    Buffer.concat(
      Array.from({ length: records }, (_, i) => {
        const pixels = randomBits(foldKey(keyFromSeed(seed), i), 3072).map((word) => word & 255);
        return Buffer.from([i % 3, ...pixels]);
      }),
    );
  return { 'one.bin': file(1, 6), 'two.bin': file(2, 6), 'test.bin': file(3, 3) };
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** The tiny dataset's content, archive, description and contract. */
export function tiny() {
  const content = tinyContent();
  const entries = Object.entries(content).map(([name, bytes]) => ({ name: `tiny-binary/${name}`, bytes }));
  const archive = gzipSync(
    makeTar([{ name: 'tiny-binary/', bytes: Buffer.alloc(0), type: '5' }, ...entries]),
  );
  const spec: CifarSpec = {
    name: 'tiny',
    title: 'Tiny',
    archive: {
      name: 'tiny.tar.gz',
      url: 'http://127.0.0.1:1/tiny.tar.gz',
      md5: createHash('md5').update(archive).digest('hex'),
      bytes: archive.length,
      folder: 'tiny-binary',
    },
    files: Object.entries(content).map(([name, bytes]) => ({
      name,
      split: name === 'test.bin' ? 'test' : 'train',
      records: bytes.length / 3073,
      checksum: { algorithm: 'sha256', hex: sha256(bytes) },
    })),
    labelBytes: 1,
    labels: { class: labelField(0, ['a', 'b', 'c']) },
    mean: [0.5, 0.25, 0.125],
    std: [0.25, 0.5, 1],
  };
  const schema = officialSchema(spec);
  const dataset = officialDataset(spec, 'a tiny dataset', schema, () => spec.labels.class!);
  return { content, archive, spec, dataset, schema, options: parseOptions(schema, {}) };
}

/** An empty folder that is removed after the test. */
export async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'overparam-cifar-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

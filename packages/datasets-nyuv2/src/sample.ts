import { createHash } from 'node:crypto';
import { access, readFile } from 'node:fs/promises';
import { isOverparamError, OverparamError } from '@overparam/errors';
import type { Dataset, DatasetCheck } from '@overparam/plugin';
import { checkScene } from './check-scene';
import { openScenes } from './open-dataset';
import { type NyuSampleOptions, sampleSchema } from './options';
import { decodeRecord, encodeRecord, formatFor, type RecordFormat } from './record';
import { resizeScene } from './resize';
import { unpackSample } from './sample-codec';
import { sampleBytes, sampleCounts, sampleFormat, samplePath, sampleSha256 } from './sample-spec';
import { type NyuExample, type OfficialSplit, type Scene, taskNames } from './scene';
import { collectStatistics } from './statistics';
import type { Store } from './store';
import { describeStatistics } from './verify';

const advice = 'The package @overparam/datasets-nyuv2 is damaged; install it again.';

/** Reads and checks the shipped sample: the scenes of each split. */
async function readSample(path: string): Promise<Readonly<Record<OfficialSplit, readonly Scene[]>>> {
  const packed = await readFile(path).catch((cause) => {
    throw new OverparamError('data-missing', `NYUv2 sample: ${path} cannot be read. ${advice}`, { cause });
  });
  const count = sampleCounts.train + sampleCounts.test;
  const records = await unpackSample(packed, count).catch((cause: Error) => {
    throw new OverparamError(
      'data-truncated',
      `NYUv2 sample: ${path} (${packed.length} bytes) cannot be unpacked: ${cause.message}. ${advice}`,
      { cause },
    );
  });
  const parts = {
    train: records.subarray(0, sampleBytes('train')),
    test: records.subarray(sampleBytes('train')),
  };
  for (const split of ['train', 'test'] as const) {
    const found = createHash('sha256').update(parts[split]).digest('hex');
    if (found === sampleSha256[split]) continue;
    throw new OverparamError(
      'data-checksum',
      `NYUv2 sample: the ${split} scenes in ${path} have sha256 ${found}, expected ${sampleSha256[split]}. ${advice}`,
    );
  }
  return { train: scenesOf(parts.train, 'train'), test: scenesOf(parts.test, 'test') };
}

function scenesOf(records: Uint8Array, split: OfficialSplit): Scene[] {
  const size = records.length / sampleCounts[split];
  return Array.from({ length: sampleCounts[split] }, (_, index) => {
    const { height, width, ...arrays } = decodeRecord(
      records.subarray(index * size, (index + 1) * size),
      sampleFormat,
    );
    const name = `${split} scene ${index} of the NYUv2 sample`;
    const raw = {
      image: { shape: [height, width, 3], data: arrays.image },
      segmentation: { shape: [height, width], data: arrays.segmentation },
      depth: { shape: [height, width], data: arrays.depth },
      normals: { shape: [height, width, 3], data: arrays.normals },
      names: { image: name, segmentation: name, depth: name, normals: name },
    };
    return checkScene(raw, taskNames, true);
  });
}

/** The scenes in shared memory, so that all threads read the same; at their own size in the form they are shipped in. */
function storeOf(scenes: readonly Scene[], size: readonly [number, number]): Store {
  const resized = scenes.map((scene) => resizeScene(scene, ...size));
  const unchanged = resized[0] === scenes[0];
  const format: RecordFormat = unchanged ? sampleFormat : formatFor(resized[0]!, 'float32');
  const records = resized.map((scene) => encodeRecord(scene, format));
  const memory = new SharedArrayBuffer(records.length * records[0]!.length);
  const bytes = new Uint8Array(memory);
  for (const [index, record] of records.entries()) bytes.set(record, index * record.length);
  return { format, count: records.length, place: { memory } };
}

/** The dataset of a packed sample at `path`; the package's own is {@link nyuv2Sample}. */
export function sampleDataset(path: string): Dataset<NyuSampleOptions, NyuExample> {
  return {
    apiVersion: 1,
    name: 'nyuv2-sample',
    summary: 'NYUv2: 24 + 12 real scenes at 96x128 with all three tasks; shipped with the package.',
    source: {
      title:
        'Silberman, Hoiem, Kohli, Fergus: Indoor Segmentation and Support Inference from RGBD Images (ECCV 2012)',
      url: 'https://doi.org/10.1007/978-3-642-33715-4_54',
    },
    options: sampleSchema,
    async open(options) {
      const { train, test } = await readSample(path);
      const stores = { train: storeOf(train, options.size), test: storeOf(test, options.size) };
      return openScenes(
        stores,
        options,
        'NYUv2, the shipped sample; normals computed from depth, not the published ones',
      );
    },
    async present() {
      const ok = await access(path).then(
        () => true,
        () => false,
      );
      return { what: 'NYUv2 sample', ok, detail: ok ? path : `${path} cannot be read. ${advice}` };
    },
    async verify() {
      const checks: DatasetCheck[] = [];
      try {
        const scenes = await readSample(path);
        for (const split of ['train', 'test'] as const) {
          checks.push({ what: `${split}: checksum`, ok: true, detail: `sha256 ${sampleSha256[split]}` });
          const statistics = collectStatistics();
          for (const scene of scenes[split]) statistics.add(scene);
          checks.push(...describeStatistics(split, statistics.result(), taskNames));
        }
      } catch (error) {
        if (!isOverparamError(error)) throw error;
        checks.push({ what: `NYUv2 sample: ${error.code}`, ok: false, detail: error.message });
      }
      return checks;
    },
  };
}

/** A small real dataset that needs no download: 24 training and 12 test scenes of NYUv2, reduced to 96x128. */
export const nyuv2Sample: Dataset<NyuSampleOptions, NyuExample> = sampleDataset(samplePath());

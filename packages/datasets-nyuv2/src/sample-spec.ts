import { fileURLToPath } from 'node:url';
import { type RecordFormat, recordLayout } from './record';
import type { OfficialSplit } from './scene';

/** How the sample's records are stored, before they are packed. */
export const sampleFormat: RecordFormat = {
  height: 96,
  width: 128,
  image: 'u8',
  depth: 'f16',
  normals: 'i8',
};

/** Scenes of each split of the sample. */
export const sampleCounts: Readonly<Record<OfficialSplit, number>> = { train: 24, test: 12 };

/** Of the unpacked records, lower-case hex. */
export const sampleSha256: Readonly<Record<OfficialSplit, string>> = {
  train: '81bcebf9a57c440e7b4e143689619913bafe98cb2f0286ba876b3eb6312d26a4',
  test: '6ef51c5075ff01421b16e00716e5ad7e9fc91411fa8ae1669948848ff687fffc',
};

/** Bytes of a split's records. */
export function sampleBytes(split: OfficialSplit): number {
  return sampleCounts[split] * recordLayout(sampleFormat).bytes;
}

/** Where the packed sample lies: beside `src` and beside `dist`. */
export function samplePath(): string {
  return fileURLToPath(new URL('../data/nyuv2-sample.br', import.meta.url));
}

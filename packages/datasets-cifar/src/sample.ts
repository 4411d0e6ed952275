import { access, readFile } from 'node:fs/promises';
import { isOverparamError, OverparamError } from '@overparam/errors';
import type { Dataset, DatasetCheck } from '@overparam/plugin';
import type { CifarExample } from './augment';
import { expectedBytes, type Finding, inspect } from './inspect';
import { openRecords } from './open-dataset';
import { type CifarOptions, sampleSchema } from './options';
import type { SplitFiles } from './records';
import { unpackSample } from './sample-codec';
import { samplePath, sampleSpec } from './sample-spec';

const advice = 'The package @overparam/datasets-cifar is damaged; install it again.';

/** Reads and checks the shipped sample: its records, by split. */
async function readSample(path: string, report: (finding: Finding) => void = () => {}): Promise<SplitFiles> {
  const sizes = sampleSpec.files.map((file) => expectedBytes(file, sampleSpec));
  const [trainBytes, testBytes] = sizes as [number, number];
  let packed: Uint8Array;
  try {
    packed = await readFile(path);
  } catch (cause) {
    throw new OverparamError('data-missing', `${sampleSpec.title}: ${path} cannot be read. ${advice}`, {
      cause,
    });
  }
  let records: Uint8Array;
  try {
    records = await unpackSample(packed, trainBytes + testBytes);
  } catch (cause) {
    const message = `${sampleSpec.title}: ${path} (${packed.length} bytes) cannot be unpacked: ${(cause as Error).message}. ${advice}`;
    throw new OverparamError('data-truncated', message, { cause });
  }
  if (records.length < trainBytes + testBytes) {
    throw new OverparamError(
      'data-truncated',
      `${sampleSpec.title}: ${path} holds ${records.length} bytes unpacked, expected ${trainBytes + testBytes}. ${advice}`,
    );
  }
  const parts = { train: records.subarray(0, trainBytes), test: records.subarray(trainBytes) };
  for (const file of sampleSpec.files) {
    for (const finding of inspect(parts[file.split], file, sampleSpec, advice)) {
      if (!finding.ok) throw new OverparamError(finding.code, finding.detail);
      report(finding);
    }
  }
  return { train: [parts.train], test: [parts.test] };
}

/** The dataset of a packed sample at `path`; the package's own is {@link cifar100Sample}. */
export function sampleDataset(path: string): Dataset<CifarOptions, CifarExample> {
  return {
    apiVersion: 1,
    name: sampleSpec.name,
    summary: "Ten of CIFAR-100's classes, 250 training and 50 test images each; shipped with the package.",
    source: {
      title: 'Krizhevsky: Learning Multiple Layers of Features from Tiny Images (2009)',
      url: 'https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf',
    },
    options: sampleSchema(sampleSpec),
    async open(options) {
      const source = 'CIFAR-100, the shipped sample of ten classes';
      return openRecords(await readSample(path), sampleSpec, sampleSpec.labels.class!, options, source);
    },
    async present() {
      const ok = await access(path).then(
        () => true,
        () => false,
      );
      return { what: sampleSpec.title, ok, detail: ok ? path : `${path} cannot be read. ${advice}` };
    },
    async verify() {
      const checks: DatasetCheck[] = [];
      try {
        await readSample(path, ({ what, ok, detail }) => checks.push({ what, ok, detail }));
      } catch (error) {
        if (!isOverparamError(error)) throw error;
        checks.push({ what: `${sampleSpec.title}: ${error.code}`, ok: false, detail: error.message });
      }
      return checks;
    },
  };
}

/**
 * A small real dataset that needs no download: ten of CIFAR-100's classes, the first 250 training and 50 test
 * images of each in official order, 32x32x3. Normalised as CIFAR-100 unless told otherwise.
 */
export const cifar100Sample: Dataset<CifarOptions, CifarExample> = sampleDataset(samplePath());

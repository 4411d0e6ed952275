import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, download } from '@overparam/dataset-files';
import { isOverparamError } from '@overparam/errors';
import type { Dataset, DatasetCheck, DatasetContext, OptionsSchema } from '@overparam/plugin';
import type { CifarExample } from './augment';
import { folderOf, locate } from './locate';
import { openRecords } from './open-dataset';
import type { OfficialCifarOptions } from './options';
import { readFiles } from './read';
import type { CifarSpec, LabelField } from './spec';

/**
 * A dataset of official binary files under `<data-dir>/<name>`.
 *
 * @param labelOf  the label that the options ask for
 */
export function officialDataset<Options extends OfficialCifarOptions>(
  spec: CifarSpec,
  summary: string,
  options: OptionsSchema<Options>,
  labelOf: (options: Options) => LabelField,
): Dataset<Options, CifarExample> {
  return {
    apiVersion: 1,
    name: spec.name,
    summary,
    source: {
      title: 'Krizhevsky: Learning Multiple Layers of Features from Tiny Images (2009)',
      url: 'https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf',
    },
    options,
    async open(options, context) {
      const files = await readFiles(spec, context);
      return openRecords(files, spec, labelOf(options), options, `${spec.title} (official binary version)`);
    },
    present: (_, context) => present(spec, context),
    verify: (_, context) => verify(spec, context),
    get: (options, context) => get(spec, options.url, context),
  };
}

async function present(spec: CifarSpec, context: DatasetContext): Promise<DatasetCheck> {
  try {
    const sources = await locate(spec, context.dataDir);
    const paths = new Set([...sources.values()].map(({ path }) => path));
    return { what: spec.title, ok: true, detail: [...paths].join(', ') };
  } catch (error) {
    if (!isOverparamError(error)) throw error;
    return { what: spec.title, ok: false, detail: error.message };
  }
}

async function verify(spec: CifarSpec, context: DatasetContext): Promise<DatasetCheck[]> {
  const checks: DatasetCheck[] = [];
  try {
    for (const [file, source] of await locate(spec, context.dataDir)) {
      checks.push({ what: `${file.name}: found`, ok: true, detail: source.path });
    }
    await readFiles(spec, context, ({ what, ok, detail }) => checks.push({ what, ok, detail }));
  } catch (error) {
    if (!isOverparamError(error) || error.code === 'aborted') throw error;
    checks.push({ what: `${spec.title}: ${error.code}`, ok: false, detail: error.message });
  }
  return checks;
}

async function get(spec: CifarSpec, url: string, context: DatasetContext): Promise<void> {
  const target = join(folderOf(spec, context.dataDir), spec.archive.name);
  if (await isComplete(spec, target, context)) return;
  await download({
    url,
    target,
    checksum: { algorithm: 'md5', hex: spec.archive.md5 },
    limit: spec.archive.bytes,
    signal: context.signal,
    progress: (done, total) => context.progress?.(done, total, `downloading ${spec.archive.name}`),
  });
}

/** Whether the archive or all files are there and sound; a damaged archive is fetched again. */
async function isComplete(spec: CifarSpec, archive: string, context: DatasetContext): Promise<boolean> {
  if ((await stat(archive).catch(() => null)) !== null)
    return (await digestOf(archive, 'md5')) === spec.archive.md5;
  return (await verify(spec, context)).every((check) => check.ok);
}

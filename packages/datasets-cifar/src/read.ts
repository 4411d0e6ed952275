import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { digestOf, readGzip, readTar, unpackGzip, unpackXz } from '@overparam/dataset-files';
import { isOverparamError, OverparamError } from '@overparam/errors';
import { keepFile } from '@overparam/files';
import type { DatasetContext } from '@overparam/plugin';
import { balance, expectedBytes, type Finding, inspect } from './inspect';
import { folderOf, getCommand, locate, type Source } from './locate';
import type { SplitFiles } from './records';
import type { CifarFile, CifarSpec } from './spec';

/**
 * Reads, unpacks and checks all files of a dataset. What had to be unpacked is kept beside the packed form
 * where that folder may be written, so that the next start is quick.
 *
 * @param report  told of each check that passed
 * @throws OverparamError `data-missing`, `data-truncated`, `data-format`, `data-checksum` or `data-label` at the
 *         first check that does not; `aborted` by the signal
 */
export async function readFiles(
  spec: CifarSpec,
  context: DatasetContext,
  report: (finding: Finding) => void = () => {},
): Promise<SplitFiles> {
  const sources = await locate(spec, context.dataDir);
  const advice = `Remove it and fetch the data again with: ${getCommand(spec, context.dataDir)}`;
  const archives = new Map<string, Promise<Map<string, Uint8Array>>>();
  const files: Record<'train' | 'test', Uint8Array[]> = { train: [], test: [] };
  const accept = (findings: readonly Finding[]) => {
    for (const finding of findings) {
      if (!finding.ok) throw new OverparamError(finding.code, finding.detail);
      report(finding);
    }
  };
  for (const file of spec.files) {
    assertRunning(context.signal);
    const source = sources.get(file)!;
    const bytes = await withAdvice(advice, async () => {
      if (source.kind !== 'archive') return readOne(source, file, spec, context);
      if (!archives.has(source.path)) archives.set(source.path, readArchive(source.path, spec, context));
      return fromArchive(await archives.get(source.path)!, file, spec);
    });
    accept(inspect(bytes, file, spec, `It was read from ${source.path}. ${advice}`));
    if (source.kind !== 'plain') await keepFile(folderOf(spec, context.dataDir), file.name, bytes);
    files[file.split].push(bytes);
  }
  for (const split of ['train', 'test'] as const) {
    if (files[split].length > 1) accept([balance(`${split}: class counts`, files[split], spec)]);
  }
  return files;
}

function assertRunning(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new OverparamError('aborted', 'Reading the data was stopped.');
}

/** Adds what to do to an error about content. */
async function withAdvice<T>(advice: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isOverparamError(error) || error.code === 'aborted') throw error;
    throw new OverparamError(error.code, `${error.message} ${advice}`, { cause: error });
  }
}

async function readOne(
  source: Source,
  file: CifarFile,
  spec: CifarSpec,
  context: DatasetContext,
): Promise<Uint8Array> {
  const packed = await readFile(source.path);
  if (source.kind === 'plain') return packed;
  const expected = expectedBytes(file, spec);
  const what = `unpacking ${basename(source.path)}`;
  context.progress?.(0, expected, what);
  if (source.kind === 'gzip') {
    const bytes = await unpackGzip(packed, expected, source.path);
    context.progress?.(expected, expected, what);
    return bytes;
  }
  return unpackXz(packed, { expected }, source.path, (done) => {
    assertRunning(context.signal);
    context.progress?.(done, expected, what);
  });
}

async function readArchive(
  path: string,
  spec: CifarSpec,
  context: DatasetContext,
): Promise<Map<string, Uint8Array>> {
  const md5 = await digestOf(path, 'md5');
  if (md5 !== spec.archive.md5) {
    throw new OverparamError(
      'data-checksum',
      `${path}: has md5 ${md5}, expected ${spec.archive.md5} as published.`,
    );
  }
  const limit = spec.files.reduce((sum, file) => sum + expectedBytes(file, spec), 0);
  const names = new Set(spec.files.map((file) => nameInArchive(file, spec)));
  const { size } = await stat(path);
  const archive = readGzip(path, (done) => {
    assertRunning(context.signal);
    context.progress?.(done, size, `unpacking ${basename(path)}`);
  });
  const entries = await readTar(archive, { what: path, limit, wanted: (name) => names.has(name) });
  return new Map(entries.map((entry) => [entry.name, entry.bytes]));
}

function nameInArchive(file: CifarFile, spec: CifarSpec): string {
  return `${spec.archive.folder}/${file.name}`;
}

function fromArchive(entries: ReadonlyMap<string, Uint8Array>, file: CifarFile, spec: CifarSpec): Uint8Array {
  const name = nameInArchive(file, spec);
  const bytes = entries.get(name);
  if (bytes === undefined) {
    throw new OverparamError('data-format', `${spec.archive.name}: has no entry "${name}".`);
  }
  return bytes;
}

import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { costCard, drawProbes } from '@overparam/core-reparam';
import type { Key } from '@overparam/engine';
import { nearest, OverparamError } from '@overparam/errors';
import { flattenNetwork, type NetworkMetadata, refuseExpanded } from '@overparam/export';
import '@overparam/layers';
import * as tf from '@tensorflow/tfjs';
import type { FormatOptions, OutputGap, Writer } from './writer';
import { writers } from './writers';

/** How a network is written for others. */
export interface ExportOptions extends FormatOptions {
  /** A format that {@link formats} names. */
  readonly to: string;
  /** Largest gap allowed: 1e-4 where left out. */
  readonly tolerance?: number;
  /** Inputs to compare on, one for each of the network's; borrowed. Left out, they are drawn. */
  readonly probes?: readonly tf.Tensor[];
}

/** What was written. */
export interface ExportReport {
  readonly format: string;
  readonly folder: string;
  /** Names of files, and their bytes. */
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  /** What read the files back. */
  readonly readBackBy: string;
  /**
   * The largest gap of all outputs. Of a network that pools with places the farthest thousandth of pixels does not count:
   * rounding may move a maximum to its neighbour.
   */
  readonly gap: number;
  readonly tolerance: number;
  readonly outputs: readonly OutputGap[];
}

const usualTolerance = 1e-4;

const probeKey: Key = [0x0e790271, 0x0b5e55ed];

/** Names of all formats. */
export const formats: readonly Pick<Writer, 'name' | 'summary' | 'norms'>[] = writers;

/** A format by its name. */
export function formatNamed(name: string): Writer {
  const found = writers.find((writer) => writer.name === name);
  if (found) return found;
  const names = writers.map((writer) => writer.name);
  const near = nearest(name, names);
  throw new OverparamError(
    'unknown-format',
    `There is no format "${name}".${near ? ` Did you mean "${near}"?` : ''} Expected one of ${names.join(', ')}.`,
  );
}

/**
 * Writes a network in a format, reads the files back with what others read them with, and compares; only then do they
 * stand in the folder. Files there of the same names are replaced.
 *
 * @throws OverparamError `expanded-network`, `unknown-format`, `unsupported-layer`, `export-mismatch` where what was read
 *   back computes something else; nothing is written then
 */
export async function exportNetwork(
  folder: string,
  model: tf.LayersModel,
  about: NetworkMetadata,
  options: ExportOptions,
): Promise<ExportReport> {
  const writer = formatNamed(options.to);
  refuseExpanded(model, writer.name);
  flattenNetwork(model);
  const tolerance = options.tolerance ?? usualTolerance;
  const target = resolve(folder);
  const staging = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.part`);
  const firstMade = await mkdir(staging, { recursive: true });
  // A file for a fixed number of examples is run on as many.
  const examples = typeof options.batch === 'number' ? options.batch : 2;
  const probes = options.probes ?? drawProbes(model, probeKey, examples);
  const expected = tf.tidy(() => [model.predict([...probes])].flat() as tf.Tensor[]);
  try {
    const { parameters, multiplyAdds } = (await costCard(model)).expanded;
    const told = { ...about, cost: { parameters, multiplyAdds } };
    const { by, outputs } = await writer.write({
      folder: staging,
      model,
      about: told,
      options,
      probes,
      expected,
    });
    const chooses = hasPlaces(model);
    const gap = Math.max(0, ...outputs.map((output) => (chooses ? output.gapOfMost : output.gap)));
    if (!(gap <= tolerance)) throw mismatch(writer.name, by, outputs, gap, tolerance);
    const files = await filesIn(staging);
    await moveInto(target, staging);
    return { format: writer.name, folder, files, readBackBy: by, gap, tolerance, outputs };
  } finally {
    if (!options.probes) tf.dispose(probes as tf.Tensor[]);
    tf.dispose(expected);
    await rm(staging, { recursive: true, force: true });
    await removeEmpty(dirname(staging), firstMade);
  }
}

/** Takes away folders that were made for the result where it did not come: from `folder` up to `last`. */
async function removeEmpty(folder: string, last: string | undefined): Promise<void> {
  if (last === undefined || !folder.startsWith(last)) return;
  // Not where something lies in it.
  const removed = await rmdir(folder).then(
    () => true,
    () => false,
  );
  if (removed) await removeEmpty(dirname(folder), last);
}

/** Whether a layer of the network chooses between values. */
function hasPlaces(model: tf.LayersModel): boolean {
  return model.layers.some((layer) =>
    layer instanceof tf.LayersModel
      ? hasPlaces(layer)
      : layer.getClassName() === 'OverparamMaxPoolWithPlaces',
  );
}

async function filesIn(folder: string, prefix = ''): Promise<{ name: string; bytes: number }[]> {
  const files: { name: string; bytes: number }[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) files.push(...(await filesIn(path, `${prefix}${entry.name}/`)));
    else files.push({ name: prefix + entry.name, bytes: (await stat(path)).size });
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Moves finished files to where they belong: at once where nothing is there, else one by one. */
async function moveInto(target: string, staging: string): Promise<void> {
  const there = await stat(target).catch(() => null);
  if (!there) return rename(staging, target);
  if (!there.isDirectory()) {
    throw new OverparamError(
      'not-a-folder',
      `${target} is a file, and a folder is to be written. Choose another.`,
    );
  }
  for (const name of await readdir(staging)) {
    const to = join(target, name);
    if ((await stat(join(staging, name))).isDirectory()) await rm(to, { recursive: true, force: true });
    await rename(join(staging, name), to);
  }
}

function mismatch(
  format: string,
  by: string,
  outputs: readonly OutputGap[],
  gap: number,
  tolerance: number,
): OverparamError {
  const worst = outputs.reduce((a, b) => (b.gap > a.gap ? b : a));
  return new OverparamError(
    'export-mismatch',
    `${by} computes something else of the ${format} files than the network does: gap ${gap.toExponential(1)}, expected at most ${tolerance.toExponential(0)}; the worst output is "${worst.output}". Nothing was written. Report it with the network, or choose a larger tolerance if you know why.`,
  );
}

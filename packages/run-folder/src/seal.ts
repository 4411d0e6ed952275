import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { writeFileAtomic } from '@overparam/files';
import { damaged } from './record';

/** Checksums of a finished run's files, as `sha256sum --check` takes them. */
const sumsFile = 'SHA256SUMS';
const timingsFile = 'timings.jsonl';
const panels = 'final/panels/';

/**
 * Seals a run that is about to be finished: writes the checksums of all of its files that have none inside them. Clock
 * times are sealed by a last line of their own file, so that equal runs have equal checksums.
 *
 * @param result  what `result.json` will hold; it is written last of all
 */
export async function sealRun(folder: string, result: string): Promise<void> {
  const timings = join(folder, timingsFile);
  if (existsSync(timings)) {
    const bytes = await readFile(timings);
    if (sealOf(bytes) === null) await appendFile(timings, `${JSON.stringify({ sha256: sum(bytes) })}\n`);
  }
  const lines = [`${sum(result)}  result.json`];
  const pictures = existsSync(join(folder, panels)) ? await readdir(join(folder, panels)) : [];
  for (const name of [
    'config.yaml',
    'data.json',
    'layers.jsonl',
    'metrics.jsonl',
    ...pictures.map((name) => panels + name),
  ]) {
    const file = join(folder, name);
    if (existsSync(file)) lines.push(`${sum(await readFile(file))}  ${name}`);
  }
  const text = lines.sort((a, b) => (a.slice(64) < b.slice(64) ? -1 : 1)).join('\n');
  await writeFileAtomic(join(folder, sumsFile), `${text}\n${sum(text)}  -\n`);
}

/**
 * Compares the files of a finished run with its checksums. A run of an earlier version has none, and pictures may have been
 * removed.
 *
 * @param folder  as the user wrote it
 * @throws OverparamError `run-damaged`, naming the file
 */
export async function checkSeal(folder: string): Promise<void> {
  const path = resolve(folder);
  if (!existsSync(join(path, sumsFile))) return;
  const text = await readFile(join(path, sumsFile), 'latin1');
  // The last line is the checksum of those before.
  const end = text.lastIndexOf('\n', text.length - 2);
  const lines = text.slice(0, Math.max(0, end));
  if (text.slice(end + 1) !== `${sum(lines)}  -\n`) {
    throw damaged(`${folder}/${sumsFile}`, 'its lines do not match the checksum in its last one');
  }
  for (const line of lines.split('\n')) {
    const [hex, name] = [line.slice(0, 64), line.slice(66)];
    const file = join(path, name);
    if (!existsSync(file) && name.startsWith(panels)) continue;
    const found = existsSync(file) ? sum(await readFile(file)) : 'none, as it is missing';
    if (found !== hex) {
      const problem = `its contents do not match their checksum in ${sumsFile} (${found.slice(0, 12)}… instead of ${hex.slice(0, 12)}…)`;
      throw damaged(`${folder}/${name}`, problem);
    }
  }
  const timings = join(path, timingsFile);
  if (existsSync(timings) && sealOf(await readFile(timings)) !== true) {
    throw damaged(`${folder}/${timingsFile}`, 'its lines do not match the checksum in its last one');
  }
}

/** Whether a log's last line is the checksum of those before; null where it has none. */
function sealOf(bytes: Buffer): boolean | null {
  const start = bytes.lastIndexOf('\n', bytes.length - 2) + 1;
  const found = /^\{"sha256":"([0-9a-f]{64})"\}\n$/.exec(bytes.subarray(start).toString('latin1'))?.[1];
  return found === undefined ? null : found === sum(bytes.subarray(0, start));
}

/** Whether a line of a log is its seal, and no record. */
export function isSeal(line: unknown): boolean {
  return Object.keys(Object(line)).join() === 'sha256';
}

/** The SHA-256 of bytes or text, in hexadecimal digits. */
function sum(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

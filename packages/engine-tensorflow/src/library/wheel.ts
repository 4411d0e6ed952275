import type { ZipArchive } from '@overparam/dataset-files';
import { OverparamError } from '@overparam/errors';
import { openArchive, readText } from './archive';

/** What a wheel's RECORD says of one file. */
export interface RecordEntry {
  /** Hexadecimal. */
  readonly sha256: string;
  /** Bytes; null where the RECORD leaves it out. */
  readonly size: number | null;
}

/** A Python wheel, opened. */
export interface Wheel {
  readonly archive: ZipArchive;
  /** Such as `tensorflow_cpu`. */
  readonly distribution: string;
  readonly version: string;
}

const recordName = /^([A-Za-z0-9_.]+)-([^/-]+)\.dist-info\/RECORD$/;

/**
 * Opens a wheel. Its name and version come from what is in it, so a renamed one is known too.
 *
 * @throws OverparamError `wheel-truncated`, or `wheel-invalid` where the archive is no wheel
 */
export async function openWheel(file: string): Promise<Wheel> {
  const archive = await openArchive(file);
  for (const name of archive.members.keys()) {
    const match = recordName.exec(name);
    if (match) return { archive, distribution: match[1]!, version: match[2]! };
  }
  throw new OverparamError(
    'wheel-invalid',
    `${file} is a zip archive without *.dist-info/RECORD, so no wheel. Expected one such as tensorflow_cpu-2.21.0-...whl.`,
  );
}

/** One line of comma-separated values; a field in double quotes may hold commas. */
function fields(line: string): string[] {
  const found = line.match(/("(?:[^"]|"")*"|[^,]*)(,|$)/g) ?? [];
  return found
    .map((field) => field.replace(/,$/, ''))
    .map((field) => (field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field));
}

/**
 * Looks files up in the text of a RECORD.
 *
 * @param where  the wheel or RECORD, for messages
 * @throws OverparamError `record-missing` where a file is not listed with a SHA-256
 */
export function recordEntries(
  text: string,
  names: readonly string[],
  where: string,
): Map<string, RecordEntry> {
  const wanted = new Set(names);
  const entries = new Map<string, RecordEntry>();
  for (const line of text.split(/\r?\n/)) {
    const [name, hash, size] = fields(line);
    if (name === undefined || !wanted.has(name) || !hash?.startsWith('sha256=')) continue;
    const sha256 = Buffer.from(hash.slice('sha256='.length), 'base64url').toString('hex');
    entries.set(name, { sha256, size: /^\d+$/.test(size ?? '') ? Number(size) : null });
  }
  const missing = names.find((name) => !entries.has(name));
  if (missing === undefined) return entries;
  throw new OverparamError(
    'record-missing',
    `${where} has no SHA-256 for ${missing} in its RECORD, so it cannot be checked. Take a wheel as it was published.`,
  );
}

/** Reads the RECORD of a wheel for some of its members. @throws as {@link recordEntries} */
export async function readRecord(wheel: Wheel, names: readonly string[]): Promise<Map<string, RecordEntry>> {
  const { archive, distribution, version } = wheel;
  const member = archive.members.get(`${distribution}-${version}.dist-info/RECORD`)!;
  return recordEntries(await readText(archive, member), names, archive.file);
}

/** The requirements of a wheel's extra `and-cuda`, as pip takes them: NVIDIA's libraries. */
export async function cudaRequirements(wheel: Wheel): Promise<string[]> {
  const { archive, distribution, version } = wheel;
  const member = archive.members.get(`${distribution}-${version}.dist-info/METADATA`);
  const text = member ? await readText(archive, member) : '';
  return [...text.matchAll(/^Requires-Dist: (nvidia-[^;\n]+?)\s*;.*extra == ["']and-cuda["']/gm)].map(
    (match) => match[1]!.replaceAll(/[\s()]/g, ''),
  );
}

import { createHash } from 'node:crypto';
import { type CifarFile, type CifarSpec, type LabelField, recordBytes } from './spec';

/** What is known of a dataset's content, wherever it comes from. */
type Content = Pick<CifarSpec, 'title' | 'files' | 'labelBytes' | 'labels'>;

/** One thing found about a file's content; `code` is the error it is when not `ok`. */
export interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly code: string;
}

/**
 * Checks the unpacked content of one file: size, labels in range, equally many examples of each class,
 * checksum. Stops at the first that fails, as the later ones mean nothing then.
 *
 * @param advice  what a user does about bad content, a sentence
 */
export function inspect(bytes: Uint8Array, file: CifarFile, spec: Content, advice: string): Finding[] {
  const findings: Finding[] = [];
  for (const check of [checkSize, checkLabels, checkBalance, checkSum]) {
    const finding = check(bytes, file, spec);
    if (finding === null) continue;
    findings.push(finding.ok ? finding : { ...finding, detail: `${finding.detail} ${advice}` });
    if (!finding.ok) break;
  }
  return findings;
}

/** How many bytes the unpacked file has. */
export function expectedBytes(file: CifarFile, spec: Content): number {
  return file.records * recordBytes(spec);
}

function checkSize(bytes: Uint8Array, file: CifarFile, spec: Content): Finding {
  const expected = expectedBytes(file, spec);
  const ok = bytes.length === expected;
  return {
    what: `${file.name}: size`,
    ok,
    code: bytes.length < expected ? 'data-truncated' : 'data-format',
    detail: ok
      ? `${file.records} records of ${recordBytes(spec)} bytes`
      : `${spec.title}: ${file.name} has ${bytes.length} bytes unpacked, expected ${expected} ` +
        `(${file.records} records of ${recordBytes(spec)} bytes).`,
  };
}

function checkLabels(bytes: Uint8Array, file: CifarFile, spec: Content): Finding {
  const what = `${file.name}: labels`;
  const size = recordBytes(spec);
  for (const [name, field] of Object.entries(spec.labels)) {
    const known = new Set(field.values);
    for (let record = 0; record < file.records; record++) {
      const value = bytes[record * size + field.at]!;
      if (known.has(value)) continue;
      return {
        what,
        ok: false,
        code: 'data-label',
        detail:
          `${spec.title}: record ${record} of ${file.name} has the ${name} label ${value}, which is none of ` +
          `the ${field.classes.length} classes (${field.values[0]} to ${field.values.at(-1)}): the file is damaged.`,
      };
    }
  }
  return { what, ok: true, code: 'data-label', detail: `in range (${Object.keys(spec.labels).join(', ')})` };
}

/** In all of the official files but CIFAR-10's single batches, each class has equally many examples. */
function checkBalance(bytes: Uint8Array, file: CifarFile, spec: Content): Finding | null {
  const parts = spec.files.filter((other) => other.split === file.split);
  if (parts.length > 1) return null;
  return balance(`${file.name}: class counts`, [bytes], spec);
}

/** The class counts over all files of a split. */
export function balance(what: string, parts: readonly Uint8Array[], spec: Content): Finding {
  const size = recordBytes(spec);
  const total = parts.reduce((sum, part) => sum + part.length / size, 0);
  const found: string[] = [];
  for (const [name, field] of Object.entries(spec.labels)) {
    const counts = countClasses(parts, field, size);
    const expected = total / field.classes.length;
    const off = counts.findIndex((n) => n !== expected);
    if (off >= 0) {
      return {
        what,
        ok: false,
        code: 'data-label',
        detail:
          `${spec.title}: ${what} - ${counts[off]} examples with the ${name} label ${off} (${field.classes[off]}), ` +
          `expected ${expected}: the files are not the official ones.`,
      };
    }
    found.push(`${name}: ${expected} each`);
  }
  return { what, ok: true, code: 'data-label', detail: found.join(', ') };
}

function countClasses(parts: readonly Uint8Array[], field: LabelField, size: number): number[] {
  const byValue = new Array<number>(256).fill(0);
  for (const part of parts) {
    for (let at = field.at; at < part.length; at += size) byValue[part[at]!]!++;
  }
  return field.values.map((value) => byValue[value]!);
}

function checkSum(bytes: Uint8Array, file: CifarFile, spec: Content): Finding {
  const { algorithm, hex } = file.checksum;
  const got = createHash(algorithm).update(bytes).digest('hex');
  const ok = got === hex;
  return {
    what: `${file.name}: ${algorithm}`,
    ok,
    code: 'data-checksum',
    detail: ok ? got : `${spec.title}: ${file.name} has ${algorithm} ${got} unpacked, expected ${hex}.`,
  };
}
